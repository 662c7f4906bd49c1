// Sources that nest so deeply that the stack of the main thread is too small for the recursions of the compiler: the command
// runs once more in a thread with a stack of the size that gc's goroutines may have. Nothing is lost when that is never needed.

import { SHARE_ENV, Worker } from "node:worker_threads";

const stackMb = 1024;

/** The error of a stack that is full. */
export function isStackOverflow(err: unknown): boolean {
	return err instanceof RangeError && err.message.startsWith("Maximum call stack size exceeded");
}

/** Runs the program at url with the arguments in a thread with a large stack; gives its exit status. */
export function runDeep(url: string, args: readonly string[]): Promise<number> {
	return new Promise((resolve, reject) => {
		const thread = new Worker(new URL(url), { argv: [...args], env: SHARE_ENV, resourceLimits: { stackSizeMb: stackMb } });
		thread.on("error", reject);
		thread.on("exit", resolve);
	});
}
