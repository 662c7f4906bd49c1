// `dlv cert`: a private certificate authority and the short-lived certificates of one server and its clients.
import "reflect-metadata";
import { randomBytes, webcrypto } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";
import type { Role } from "./roles.ts";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const HOUR = 3_600_000;
/** Clocks of two machines may differ by this. */
const SKEW = 5 * 60_000;
const CA_HOURS = 365 * 24;

export interface CertificateOptions {
	/** Where the files are; the authority in it is used again. */
	dir: string;
	/** Names and addresses that the server is reached by. */
	hosts: readonly string[];
	/** Name of the client, and what it may do. */
	client: string;
	role: Role;
	/** How long the server's and client's certificates hold. */
	hours: number;
}

interface Authority {
	cert: x509.X509Certificate;
	key: webcrypto.CryptoKey;
}

export class CertificateError extends Error {}

function generate(): Promise<webcrypto.CryptoKeyPair> {
	return webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]) as Promise<webcrypto.CryptoKeyPair>;
}

async function keyPem(key: webcrypto.CryptoKey): Promise<string> {
	const der = await webcrypto.subtle.exportKey("pkcs8", key);
	return `${x509.PemConverter.encode(der, "PRIVATE KEY")}\n`;
}

/** A file for its owner only. */
function write(dir: string, name: string, text: string, mode: number): string {
	const path = join(dir, name);
	writeFileSync(path, text, { mode });
	return path;
}

function serial(): string {
	const bytes = randomBytes(16);
	bytes[0] = ((bytes[0] as number) & 0x7f) | 0x40;
	return bytes.toString("hex");
}

async function openAuthority(dir: string, now: number): Promise<Authority> {
	const files = [join(dir, "ca.crt"), join(dir, "ca.key")] as const;
	if (!files.some((f) => existsSync(f))) return makeAuthority(dir, now);
	try {
		const cert = new x509.X509Certificate(readFileSync(files[0], "utf8"));
		if (cert.notAfter.getTime() < now) throw new Error(`it expired on ${cert.notAfter.toISOString()}`);
		const der = x509.PemConverter.decodeFirst(readFileSync(files[1], "utf8"));
		const key = await webcrypto.subtle.importKey("pkcs8", der, ALGORITHM, false, ["sign"]);
		return { cert, key };
	} catch (e) {
		throw new CertificateError(`the certificate authority in ${dir} cannot be used: ${e instanceof Error ? e.message : String(e)}`);
	}
}

async function makeAuthority(dir: string, now: number): Promise<Authority> {
	const keys = await generate();
	const cert = await x509.X509CertificateGenerator.createSelfSigned({
		serialNumber: serial(),
		name: "CN=tsugo dlv private CA",
		notBefore: new Date(now - SKEW),
		notAfter: new Date(now + CA_HOURS * HOUR),
		signingAlgorithm: ALGORITHM,
		keys,
		extensions: [
			new x509.BasicConstraintsExtension(true, 0, true),
			new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
			await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
		],
	});
	write(dir, "ca.crt", `${cert.toString("pem")}\n`, 0o644);
	write(dir, "ca.key", await keyPem(keys.privateKey), 0o600);
	return { cert, key: keys.privateKey };
}

/** Makes a key and a certificate that the authority signs: NAME.crt and NAME.key. */
async function issue(
	authority: Authority,
	dir: string,
	name: string,
	subject: x509.JsonName,
	hours: number,
	now: number,
	more: x509.Extension[],
): Promise<void> {
	const keys = await generate();
	const end = Math.min(now + hours * HOUR, authority.cert.notAfter.getTime());
	const cert = await x509.X509CertificateGenerator.create({
		serialNumber: serial(),
		subject,
		issuer: authority.cert.subject,
		notBefore: new Date(now - SKEW),
		notAfter: new Date(end),
		signingAlgorithm: ALGORITHM,
		publicKey: keys.publicKey,
		signingKey: authority.key,
		extensions: [
			new x509.BasicConstraintsExtension(false, undefined, true),
			new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
			await x509.AuthorityKeyIdentifierExtension.create(authority.cert.publicKey),
			...more,
		],
	});
	write(dir, `${name}.crt`, `${cert.toString("pem")}\n`, 0o644);
	write(dir, `${name}.key`, await keyPem(keys.privateKey), 0o600);
}

/** Makes ca, server and client files in a directory. Throws CertificateError, and what the file system throws. */
export async function makeCertificates(o: CertificateOptions, now: number): Promise<void> {
	if (!/^[\w.@-]+$/.test(o.client)) throw new CertificateError(`client name ${JSON.stringify(o.client)}: letters, digits and . _ @ - only`);
	if (["ca", "server"].includes(o.client)) throw new CertificateError(`client name ${JSON.stringify(o.client)} is taken`);
	x509.cryptoProvider.set(crypto);
	mkdirSync(o.dir, { recursive: true, mode: 0o700 });
	const authority = await openAuthority(o.dir, now);
	const names = o.hosts.map((h) => ({ type: isIP(h) === 0 ? ("dns" as const) : ("ip" as const), value: h }));
	await issue(authority, o.dir, "server", [{ CN: [o.hosts[0] ?? "localhost"] }], o.hours, now, [
		new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
		new x509.SubjectAlternativeNameExtension(names),
	]);
	await issue(authority, o.dir, o.client, [{ OU: [o.role] }, { CN: [o.client] }], o.hours, now, [
		new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
	]);
}
