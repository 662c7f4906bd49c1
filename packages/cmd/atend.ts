// What has to be done before the process ends, whatever the command's outcome.

const jobs: (() => Promise<void>)[] = [];

export function atEnd(job: () => Promise<void>): void {
	jobs.push(job);
}

export async function runAtEnd(): Promise<void> {
	for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) await job();
}
