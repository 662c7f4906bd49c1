// Directives of fmt's format strings (package fmt's documentation).

export interface Directive {
	/** "%-10.3[2]d". */
	text: string;
	/** Offset of the percent sign in the format. */
	start: number;
	flags: string;
	verb: string;
	/** Indexes among the call's arguments; -1: it takes none. */
	width: number;
	precision: number;
	arg: number;
	/** An explicit index [n] stands somewhere in it. */
	indexed: boolean;
}

/** The directives, or what is wrong. first: index of the first argument behind the format. */
export function parseFormat(format: string, first: number): Directive[] | string {
	const out: Directive[] = [];
	let next = first;
	for (let at = format.indexOf("%"); at >= 0; at = format.indexOf("%", at)) {
		const d = new Reader(format.slice(at), first, next);
		const problem = d.read();
		if (problem !== "") return problem;
		out.push({ ...d.directive(), start: at });
		at += d.pos;
		if (d.verb !== "%") next = d.next + 1;
		else next = d.next;
	}
	return out;
}

class Reader {
	private readonly src: string;
	private readonly first: number;
	pos = 1;
	next: number;
	verb = "";
	private flags = "";
	private width = -1;
	private precision = -1;
	private pending = false;
	private indexed = false;

	constructor(src: string, first: number, next: number) {
		this.src = src;
		this.first = first;
		this.next = next;
	}

	directive(): Omit<Directive, "start"> {
		return {
			text: this.src.slice(0, this.pos),
			flags: this.flags,
			verb: this.verb,
			width: this.width,
			precision: this.precision,
			arg: this.next,
			indexed: this.indexed,
		};
	}

	read(): string {
		this.flags = /^[#0+\- ]*/.exec(this.src.slice(this.pos))?.[0] ?? "";
		this.pos += this.flags.length;
		let problem = this.index();
		if (problem !== "") return problem;
		this.width = this.size();
		if (this.src[this.pos] === ".") {
			this.pos++;
			problem = this.index();
			if (problem !== "") return problem;
			this.precision = this.size();
		}
		if (!this.pending) problem = this.index();
		if (problem !== "") return problem;
		if (this.pos >= this.src.length) return `format ${this.src} is missing verb at end of string`;
		this.verb = String.fromCodePoint(this.src.codePointAt(this.pos) as number);
		this.pos += this.verb.length;
		return "";
	}

	private index(): string {
		if (this.src[this.pos] !== "[") return "";
		const close = this.src.indexOf("]", this.pos);
		if (close < 0) return `format ${this.src} is missing closing ]`;
		const inner = this.src.slice(this.pos + 1, close);
		if (!/^\d+$/.test(inner) || Number(inner) <= 0 || Number(inner) > 0x7fffffff) return `format has invalid argument index [${inner}]`;
		this.pos = close + 1;
		this.next = Number(inner) + this.first - 1;
		this.pending = true;
		this.indexed = true;
		return "";
	}

	/** A number, or * for an argument; gives that argument's index. */
	private size(): number {
		if (this.src[this.pos] === "*") {
			this.pos++;
			this.pending = false;
			return this.next++;
		}
		this.pos += /^\d*/.exec(this.src.slice(this.pos))?.[0].length ?? 0;
		return -1;
	}
}
