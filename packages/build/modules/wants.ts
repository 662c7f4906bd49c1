// What a computation needs that is not on this machine yet.
//
// Everything that decides (version selection, package loading, queries) is written without waiting, over what is known. A lookup of something
// unknown gives null and leaves a job here; when the computation has gone as far as it can, all jobs run at once and it runs again.
// So fetching is parallel without any of the rules knowing about it.

/** Runs at most `limit` jobs at a time. */
export async function eachLimited<T>(list: readonly T[], limit: number, f: (item: T) => Promise<void>): Promise<void> {
	let next = 0;
	const run = async (): Promise<void> => {
		while (next < list.length) await f(list[next++]);
	};
	await Promise.all(Array.from({ length: Math.min(limit, list.length) }, run));
}

const parallel = 16;

export class Wants {
	private jobs: Map<string, () => Promise<void>> = new Map();

	/** A job with its name: the same one is done once. It must leave its result, or its error, where the next try finds it. */
	add(name: string, job: () => Promise<void>): void {
		if (!this.jobs.has(name)) this.jobs.set(name, job);
	}

	get pending(): boolean {
		return this.jobs.size > 0;
	}

	async run(): Promise<void> {
		const jobs = [...this.jobs.values()];
		this.jobs = new Map();
		await eachLimited(jobs, parallel, (job) => job());
	}
}

/** Repeats f until it wants nothing. What it gives or throws counts only then. */
export async function settle<T>(wants: Wants, f: () => T): Promise<T> {
	for (;;) {
		let result: { value: T } | undefined;
		let error: unknown;
		try {
			result = { value: f() };
		} catch (err) {
			error = err;
		}
		if (wants.pending) await wants.run();
		else if (result !== undefined) return result.value;
		else throw error;
	}
}
