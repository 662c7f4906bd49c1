// Damages executables and cores, and reads them: node tools/fuzz-readers.ts [--mutations N] [--first SEED] [--input NAME] [--no-truncations]
// Whatever is not a typed error, hangs, takes more than 2 s of processor time or needs more than 1 GB is reported with its seed; exit code 1 then.

import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { exercise, type Input, inputs, mutate, truncations } from "../packages/proc/test/hostile.ts";

const LIMIT_MS = 60_000;
const LIMIT_BYTES = 1 << 30;
const SLOW_MS = 2000;
/** A thread is replaced after so many: its allocator does not give everything back. */
const BATCH = 1000;

interface Job {
	input: Input;
	/** Seeds from `from` up to `to`, or lengths to cut the file at. */
	from: number;
	to: number;
	cuts: number[] | null;
}

/** Shared words: what is being read, and whether anything is. */
function work(job: Job, at: Int32Array): void {
	const count = job.cuts?.length ?? job.to;
	const first = job.cuts === null ? job.from : (at[0] as number);
	for (let i = first; i < Math.min(count, first + BATCH); i++) {
		Atomics.store(at, 0, i);
		const cut = job.cuts?.[i];
		const bytes = cut === undefined ? mutate(job.input, i) : job.input.bytes.slice(0, cut);
		const start = process.threadCpuUsage().user;
		try {
			exercise(job.input.kind, bytes);
		} catch (e) {
			parentPort?.postMessage(`${e instanceof Error ? e.stack : String(e)}`);
		}
		const ms = (process.threadCpuUsage().user - start) / 1000;
		if (ms > SLOW_MS) parentPort?.postMessage(`slow: ${ms.toFixed(0)} ms`);
		const { heapUsed, arrayBuffers } = process.memoryUsage();
		if (heapUsed + arrayBuffers > LIMIT_BYTES) parentPort?.postMessage(`memory: ${Math.round((heapUsed + arrayBuffers) / 2 ** 20)} MB`);
	}
}

/** Does a job in a thread that is replaced when it hangs; the number of failures. */
async function supervise(job: Job): Promise<number> {
	const what = job.cuts === null ? "seed" : "length";
	let failures = 0;
	let next = job.cuts === null ? job.from : 0;
	const end = job.cuts?.length ?? job.to;
	while (next < end) {
		const at = new Int32Array(new SharedArrayBuffer(4));
		Atomics.store(at, 0, next);
		const worker = new Worker(new URL(import.meta.url), {
			workerData: { job: { ...job, from: next }, at },
			resourceLimits: { maxOldGenerationSizeMb: 1024 },
		});
		const over = Promise.withResolvers<void>();
		const fail = (why: string): void => {
			failures++;
			const i = Atomics.load(at, 0);
			process.stdout.write(`${job.input.name}, ${what} ${job.cuts?.[i] ?? i}: ${why}\n`);
		};
		let last = -1;
		const watch = setInterval(() => {
			const now = Atomics.load(at, 0);
			if (now === last) {
				fail(`takes longer than ${LIMIT_MS} ms`);
				void worker.terminate();
			}
			last = now;
		}, LIMIT_MS);
		worker.on("message", fail);
		worker.on("error", (e: Error) => fail(e.message));
		worker.on("exit", () => over.resolve());
		await over.promise;
		clearInterval(watch);
		next = Atomics.load(at, 0) + 1;
	}
	return failures;
}

if (!isMainThread) {
	const { job, at } = workerData as { job: Job; at: Int32Array };
	work(job, at);
} else {
	const { values } = parseArgs({
		options: {
			mutations: { type: "string", default: "100000" },
			first: { type: "string", default: "1" },
			input: { type: "string" },
			truncations: { type: "boolean", default: true },
		},
		allowNegative: true,
	});
	const all = inputs().filter((i) => values.input === undefined || i.name === values.input);
	const each = Math.ceil(Number(values.mutations) / all.length);
	let failures = 0;
	for (const input of all) {
		const first = Number(values.first);
		if (values.truncations) failures += await supervise({ input, from: 0, to: 0, cuts: truncations(input) });
		failures += await supervise({ input, from: first, to: first + each, cuts: null });
		process.stdout.write(
			`${input.name}: ${input.bytes.length} bytes, ${values.truncations ? truncations(input).length : 0} lengths, ${each} mutations\n`,
		);
	}
	process.stdout.write(`${failures} failures\n`);
	process.exitCode = failures === 0 ? 0 : 1;
}
