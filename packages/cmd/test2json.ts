// Test output as a stream of events (go doc test2json): lines that package testing marks with ^V say which test what follows belongs to.

import { jsonString } from "./gojson.ts";

interface TestEvent {
	action: string;
	test: string;
	elapsed?: number;
	output?: string;
	failedBuild?: string;
	key?: string;
	value?: string;
	path?: string;
}

const marker = "\u0016";
const updates = ["RUN  ", "PAUSE", "CONT ", "NAME ", "PASS ", "FAIL ", "SKIP ", "ATTR ", "ARTIFACTS"].map((w) => `=== ${w} `);
const reports = ["--- PASS: ", "--- FAIL: ", "--- SKIP: ", "--- BENCH: "];

/** Output that comes in pieces, cut into lines; a line that waits too long is given out in parts. */
class Lines {
	private buffer = "";
	private mid = false;
	private readonly limit: number;
	private readonly line: (text: string) => void;
	private readonly part: (text: string) => void;

	constructor(limit: number, line: (text: string) => void, part: (text: string) => void) {
		this.limit = limit;
		this.line = line;
		this.part = part;
	}

	write(text: string): void {
		this.buffer += text;
		for (;;) {
			// A marker in the middle of a line ends it: the binary printed it behind unfinished output.
			const newline = this.buffer.indexOf("\n");
			const mark = this.buffer.indexOf(marker, 1);
			if (newline < 0 && mark < 0) break;
			const end = mark < 0 || (newline >= 0 && newline < mark) ? newline + 1 : mark;
			const line = this.buffer.slice(0, end);
			this.buffer = this.buffer.slice(end);
			(this.mid ? this.part : this.line)(line);
			this.mid = false;
		}
		// A benchmark's name comes before its result: it is shown at once.
		const name = this.mid ? null : /^Benchmark(?!\p{Ll})[^\t]*\t/u.exec(this.buffer);
		if (name !== null && name[0].trimEnd().split(" ").length === 1) this.partial(name[0].length);
		if (this.buffer.length >= this.limit) this.partial(this.buffer.length);
	}

	private partial(n: number): void {
		this.part(this.buffer.slice(0, n));
		this.buffer = this.buffer.slice(n);
		this.mid = true;
	}

	flush(): void {
		if (this.buffer !== "") this.part(this.buffer);
		this.buffer = "";
		this.mid = false;
	}
}

/** Now in RFC 3339 with the local zone, as Go prints it. */
function timestamp(): string {
	const now = new Date();
	const zone = -now.getTimezoneOffset();
	const local = new Date(now.getTime() + zone * 60_000).toISOString().slice(0, -1);
	const nanos = String(Number(process.hrtime.bigint() % 1_000_000n)).padStart(6, "0");
	const two = (n: number): string => String(Math.trunc(Math.abs(n))).padStart(2, "0");
	return `${local}${nanos}`.replace(/\.?0+$/, "") + (zone === 0 ? "Z" : `${zone < 0 ? "-" : "+"}${two(zone / 60)}:${two(zone % 60)}`);
}

/** Turns the output of a test binary (-test.v=test2json) into events, one JSON object a line. */
export class TestEvents {
	private readonly pkg: string;
	private readonly times: boolean;
	private readonly emit: (line: string) => void;
	private readonly start: number = performance.now();
	private readonly input: Lines = new Lines(
		4096,
		(l) => this.inputLine(l),
		(t) => this.output.write(t),
	);
	private readonly output: Lines = new Lines(
		1024,
		(l) => this.outputEvent(l),
		(t) => this.outputEvent(t),
	);
	private testName = "";
	/** Results of tests whose subtests or logs may still come. */
	private pending: TestEvent[] = [];
	private result = "";
	private needMarker = false;
	private failedBuild = "";

	/** times: events say when they were, and the last one how long all took. */
	constructor(pkg: string, emit: (line: string) => void, times = true) {
		this.times = times;
		this.pkg = pkg;
		this.emit = emit;
		this.write0({ action: "start", test: "" });
	}

	write(text: string): void {
		this.input.write(text);
	}

	setFailedBuild(pkg: string): void {
		this.failedBuild = pkg;
	}

	/** The output has ended; ok says how the process did, null: nobody knows. */
	close(ok: boolean | null): void {
		if (ok === false) this.result = "fail";
		else if (ok === true && this.result !== "skip") this.result = "pass";
		this.input.flush();
		this.output.flush();
		if (this.result === "") return;
		this.write0({
			action: this.result,
			test: "",
			...(this.times ? { elapsed: Math.round(performance.now() - this.start) / 1000 } : {}),
			...(this.result === "fail" && this.failedBuild !== "" ? { failedBuild: this.failedBuild } : {}),
		});
	}

	private write0(e: TestEvent): void {
		const rows = [`"Action":"${e.action}"`];
		if (this.times) rows.unshift(`"Time":"${timestamp()}"`);
		if (this.pkg !== "") rows.push(`"Package":${jsonString(this.pkg)}`);
		const test = e.test === "" ? this.testName : e.test;
		if (test !== "") rows.push(`"Test":${jsonString(test)}`);
		if (e.elapsed !== undefined) rows.push(`"Elapsed":${e.elapsed}`);
		if (e.output !== undefined) rows.push(`"Output":${jsonString(e.output)}`);
		if (e.failedBuild !== undefined) rows.push(`"FailedBuild":${jsonString(e.failedBuild)}`);
		if (e.key !== undefined && e.key !== "") rows.push(`"Key":${jsonString(e.key)}`);
		if (e.value !== undefined && e.value !== "") rows.push(`"Value":${jsonString(e.value)}`);
		if (e.path !== undefined && e.path !== "") rows.push(`"Path":${jsonString(e.path)}`);
		this.emit(`{${rows.join(",")}}\n`);
	}

	private outputEvent(text: string): void {
		this.write0({ action: "output", test: "", output: text });
	}

	private flushPending(depth: number): void {
		this.testName = "";
		while (this.pending.length > depth) this.write0(this.pending.pop() as TestEvent);
	}

	private inputLine(raw: string): void {
		if (this.needMarker && raw[0] !== marker) {
			this.output.write(raw);
			return;
		}
		const marked = raw[0] === marker;
		if (marked) this.output.flush();
		let line = marked ? raw.slice(1) : raw;
		let trim = line.replace(/\r?\n$/, "");
		if (trim === "=== NAME") {
			line = "=== NAME  \n";
			trim = "=== NAME  ";
		}
		if (trim === "PASS" || trim === "FAIL" || trim.startsWith("FAIL\t")) {
			this.flushPending(0);
			this.needMarker = marked;
			this.output.write(line);
			this.result = trim === "PASS" ? "pass" : "fail";
			return;
		}
		if (trim.startsWith("?   \t") && trim.endsWith("\t[no test files]") && this.pending.length === 0) this.result = "skip";
		if (updates.some((u) => line.startsWith(u))) this.update(line, trim, marked);
		else this.report(line, marked);
	}

	/** "--- PASS: TestX (0.00s)", indented by four spaces for each level of subtests; or a plain line. */
	private report(line: string, marked: boolean): void {
		let indent = 0;
		while (line.startsWith("    ", 4 * indent)) indent++;
		const inner = line.slice(4 * indent);
		if (!reports.some((r) => inner.startsWith(r)) || this.pending.length < indent) {
			if (!reports.some((r) => inner.startsWith(r)) && indent > 0 && indent <= this.pending.length)
				this.testName = this.pending[indent - 1].test;
			this.output.write(line);
			return;
		}
		const m = /^--- (\w+): ([^]*)$/.exec(inner) as RegExpExecArray;
		let name = m[2].trim();
		const e: TestEvent = { action: m[1].toLowerCase(), test: "" };
		const at = name.indexOf(" (");
		if (at >= 0) {
			const seconds = /^([\d.]+)s\)$/.exec(name.slice(at + 2));
			if (seconds !== null) e.elapsed = Number(seconds[1]);
			name = name.slice(0, at);
		}
		e.test = name;
		this.needMarker = marked;
		this.flushPending(indent);
		this.testName = name;
		this.pending.push(e);
		this.output.write(line);
	}

	private update(line: string, trim: string, marked: boolean): void {
		const m = /^=== (\w+) +([^]*)$/.exec(trim);
		const action = (m?.[1] ?? "").toLowerCase();
		let name = (m?.[2] ?? "").trim();
		const e: TestEvent = { action, test: "" };
		const cut = (text: string): [string, string] => {
			const at = text.indexOf(" ");
			return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
		};
		if (action === "artifacts") [name, e.path] = cut(name);
		if (action === "attr") {
			const [test, rest] = cut(name);
			name = test;
			[e.key, e.value] = cut(rest);
		}
		this.needMarker = marked;
		this.flushPending(0);
		this.testName = name;
		if (action === "name") return;
		if (action === "pause") this.output.write(line);
		this.output.flush();
		this.write0(e);
		if (action !== "pause") this.output.write(line);
	}
}
