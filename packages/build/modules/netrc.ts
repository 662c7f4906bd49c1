// Credentials for module servers from a .netrc file (GOAUTH=netrc, the default): only ever sent by https, to the host that the file names.

import { readFileSync } from "node:fs";
import { join } from "node:path";

interface Login {
	machine: string;
	login: string;
	password: string;
}

/** The complete entries of a .netrc file; macros and "default" (as for the go command) do not count. */
export function parseNetrc(text: string): Login[] {
	const out: Login[] = [];
	let now: Login = { machine: "", login: "", password: "" };
	let inMacro = false;
	for (const line of text.split("\n")) {
		if (inMacro) {
			if (line.trim() === "") inMacro = false;
			continue;
		}
		const f = line.split(/\s+/).filter((w) => w !== "");
		for (let i = 0; i + 1 < f.length; i += 2) {
			if (f[i] === "machine") now = { machine: f[i + 1], login: "", password: "" };
			else if (f[i] === "default") break;
			else if (f[i] === "login") now.login = f[i + 1];
			else if (f[i] === "password") now.password = f[i + 1];
			else if (f[i] === "macdef") inMacro = true;
			if (now.machine !== "" && now.login !== "" && now.password !== "") {
				out.push(now);
				now = { machine: "", login: "", password: "" };
			}
		}
		if (f[0] === "default") break;
	}
	return out;
}

/** Looks hosts up in the file that NETRC names, or ~/.netrc; gives the value of an Authorization header, undefined without one. */
export class Netrc {
	private readonly file: string;
	private logins: Login[] | null = null;

	constructor(vars: Readonly<Record<string, string | undefined>>) {
		this.file = vars.NETRC || (vars.HOME ? join(vars.HOME, ".netrc") : "");
	}

	header(host: string): string | undefined {
		if (this.logins === null) {
			let text = "";
			try {
				text = this.file === "" ? "" : readFileSync(this.file, "utf8");
			} catch {
				// There is none, or it is not for us.
			}
			this.logins = parseNetrc(text);
		}
		const found = this.logins.find((l) => l.machine === host);
		return found === undefined ? undefined : `Basic ${Buffer.from(`${found.login}:${found.password}`).toString("base64")}`;
	}
}
