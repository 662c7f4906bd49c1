// tsugo dlv cert: files for a server that is reached from other machines.
import { hostname } from "node:os";
import { join, relative } from "node:path";
import { CertificateError, makeCertificates } from "#debugger/certificates";

export interface CertRequest {
	dir: string;
	/** In addition to this machine's own names. */
	hosts: readonly string[];
	client: string;
	role: string;
	hours: number;
}

const LONGEST = 90 * 24;

/** Makes the files and says how they are used; the exit code. */
export async function certCommand(r: CertRequest): Promise<number> {
	const fail = (text: string): number => {
		process.stderr.write(`${text}\n`);
		return 1;
	};
	const { role } = r;
	if (role !== "control" && role !== "observe") return fail(`--role ${JSON.stringify(role)}: control or observe`);
	if (!(r.hours > 0 && r.hours <= LONGEST)) return fail(`--hours ${r.hours}: more than 0, at most ${LONGEST}`);
	const hosts = [...new Set([...r.hosts, "localhost", hostname(), "127.0.0.1", "::1"])];
	try {
		await makeCertificates({ ...r, role, hosts }, Date.now());
	} catch (e) {
		if (!(e instanceof CertificateError) && !(e instanceof Error && "code" in e)) throw e;
		return fail((e as Error).message);
	}
	const at = (name: string): string => {
		const path = join(r.dir, name);
		const short = relative("", path);
		return short.startsWith("..") ? path : short;
	};
	process.stdout.write(`${at("ca.crt")}: the authority, whose key ${at("ca.key")} should not leave this machine
${at("server.crt")}, ${at("server.key")}: the server, for ${hosts.join(", ")}
${at(`${r.client}.crt`)}, ${at(`${r.client}.key`)}: the client ${JSON.stringify(r.client)}, who may ${role}
They hold for ${r.hours} hours.

tsugo dlv exec --headless --listen HOST:PORT --tls-cert ${at("server.crt")} --tls-key ${at("server.key")} --tls-client-ca ${at("ca.crt")} PROGRAM
tsugo dlv connect --tls-ca ${at("ca.crt")} --tls-cert ${at(`${r.client}.crt`)} --tls-key ${at(`${r.client}.key`)} HOST:PORT
`);
	return 0;
}
