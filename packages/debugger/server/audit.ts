// The audit log: one JSON object a line for everything that a client connected for, was refused, evaluated or did.
import { appendFileSync, closeSync, openSync } from "node:fs";

export interface AuditEntry {
	/** connect, refuse, disconnect, call. */
	event: "connect" | "refuse" | "disconnect" | "call";
	/** The other end, address:port. */
	client: string;
	/** Name in the certificate or the token file, "" = nameless. */
	name: string;
	role: string;
	/** Of a call: method and argument. */
	method?: string;
	argument?: unknown;
	/** Why it was refused, or the error that it was answered with. */
	error?: string;
}

/** Longest argument that is noted whole, in characters of JSON. */
const MAX_ARGUMENT = 2000;

export interface Audit {
	note(e: AuditEntry): void;
	close(): void;
}

export const NO_AUDIT: Audit = { note: () => {}, close: () => {} };

/** Appends to a file (created for its owner only); "-" = standard error. Throws what opening it throws. */
export function openAudit(path: string): Audit {
	const fd = path === "-" ? 2 : openSync(path, "a", 0o600);
	return {
		note: (e) => {
			const { event, client, name, role, method, argument, error } = e;
			const line = { time: new Date().toISOString(), event, client, name, role, method, argument: shortened(argument), error };
			appendFileSync(fd, `${JSON.stringify(line)}\n`);
		},
		close: () => {
			if (fd !== 2) closeSync(fd);
		},
	};
}

function shortened(argument: unknown): unknown {
	const text = JSON.stringify(argument);
	return text === undefined || text.length <= MAX_ARGUMENT ? argument : `${text.slice(0, MAX_ARGUMENT)}…`;
}
