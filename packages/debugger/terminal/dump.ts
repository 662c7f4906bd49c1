// The `dump` command: a core file of the program as it stands, with its progress.
import type { ApiDumpState } from "../api.ts";
import type { Terminal } from "./terminal.ts";

const POLL_MS = 1000;

/** Writes a core file where the server runs; throws what the server answers. */
export async function dumpCore(t: Terminal, path: string): Promise<void> {
	let { State: state } = await t.client.call<{ State: ApiDumpState }>("DumpStart", { Destination: path });
	for (;;) {
		const isThreads = state.ThreadsDone !== state.ThreadsTotal;
		t.print(
			isThreads
				? `\rDumping threads ${state.ThreadsDone} / ${state.ThreadsTotal}...`
				: `\rDumping memory ${state.MemDone} / ${state.MemTotal}...`,
		);
		if (!state.Dumping) break;
		state = (await t.client.call<{ State: ApiDumpState }>("DumpWait", { Wait: POLL_MS })).State;
	}
	t.print("\n");
	if (state.Err !== "") t.print(`error dumping: ${state.Err}\n`);
	else if (!state.AllDone) t.print("canceled\n");
	else if (state.MemDone !== state.MemTotal) t.print("Core dump could be incomplete\n");
}
