// What a session is opened from: executables, core files, environments.
import { statSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import { FileSource } from "#proc";
import { coreHelp } from "./corehelp.ts";

/** Throws with an explanation of where core files go when there is none. */
export function openCoreFile(path: string): FileSource {
	try {
		return new FileSource(path);
	} catch (e) {
		const { code, message } = e as NodeJS.ErrnoException;
		if (code !== "ENOENT") throw new Error(code === "EACCES" ? `open ${path}: permission denied` : message);
		throw new Error([`open ${path}: no such file or directory`, ...coreHelp()].join("\n"));
	}
}

/** Our environment with changes, as NAME=value. */
export function environment(changes: Record<string, string | null>): string[] {
	const env: Record<string, string | undefined> = { ...process.env };
	for (const [k, v] of Object.entries(changes)) {
		if (v === null) delete env[k];
		else env[k] = v;
	}
	return Object.entries(env).map(([k, v]) => `${k}=${v ?? ""}`);
}

/** The absolute path of a program that can be executed. Throws with Delve's words. */
export function verifyExecutable(program: string): string {
	const path = isAbsolute(program) ? program : resolve(program);
	let s: ReturnType<typeof statSync>;
	try {
		s = statSync(path);
	} catch {
		throw new Error(`could not launch process: stat ${path}: no such file or directory`);
	}
	if (!s.isFile()) throw new Error(`could not launch process: ${path} is not a regular file`);
	if ((s.mode & 0o111) === 0) throw new Error("could not launch process: not an executable file");
	return path;
}
