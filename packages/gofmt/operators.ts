// Binary expressions: which operators get blanks around them.

import { type Binary, type Expr, Kind, Op, opText } from "#syntax";

/** Precedence of a binary operator, 1 to 5. */
export function precedence(op: Op): number {
	if (op === Op.OrOr) return 1;
	if (op === Op.AndAnd) return 2;
	if (op <= Op.Geq) return 3;
	return op <= Op.Xor ? 4 : 5;
}

export const unaryPrec = 6;
export const highestPrec = 7;

interface Shape {
	/** Operators of precedence 4, and 5, occur. */
	four: boolean;
	five: boolean;
	/** Precedence up to which an operator would run into a sign behind it. */
	clash: number;
}

function clash(e: Binary, y: Expr): number {
	if (y.kind !== Kind.Unary) return 0;
	const pair = opText[e.op] + opText[y.op];
	if (pair === "/*" || pair === "&&" || pair === "&^") return 5;
	return pair === "++" || pair === "--" ? 4 : 0;
}

function shapeOf(e: Binary): Shape {
	const prec = precedence(e.op);
	const out: Shape = { four: prec === 4, five: prec === 5, clash: 0 };
	const merge = (s: Shape): void => {
		out.four ||= s.four;
		out.five ||= s.five;
		out.clash = Math.max(out.clash, s.clash);
	};
	if (e.x.kind === Kind.Binary && precedence(e.x.op) >= prec) merge(shapeOf(e.x));
	if (e.y.kind === Kind.Binary && precedence(e.y.op) > prec) merge(shapeOf(e.y));
	out.clash = Math.max(out.clash, clash(e, e.y));
	return out;
}

/** Operators below this precedence have blanks around them. */
export function blankLimit(e: Binary, depth: number): number {
	const { four, five, clash: worst } = shapeOf(e);
	if (worst > 0) return worst + 1;
	if (depth > 1) return 4;
	return four && five ? 5 : 6;
}

/** Whether an expression can only be an element of a constraint. */
export function isTypeElement(e: Expr): boolean {
	switch (e.kind) {
		case Kind.ArrayType:
		case Kind.SliceType:
		case Kind.StructType:
		case Kind.FuncType:
		case Kind.InterfaceType:
		case Kind.MapType:
		case Kind.ChanType:
			return true;
		case Kind.Unary:
			return e.op === Op.Tilde;
		case Kind.Binary:
			return isTypeElement(e.x) || isTypeElement(e.y);
		case Kind.Paren:
			return isTypeElement(e.x);
		default:
			return false;
	}
}

/** A number with its prefix and exponent in lower case, an integer imaginary one without leading zeros. */
export function normalNumber(text: string): string {
	if (text.length < 2) return text;
	const prefix = text.slice(0, 2).toLowerCase();
	if (prefix === "0x") return `0x${text.slice(2).replace("P", "p")}`;
	if (prefix === "0o" || prefix === "0b") return prefix + text.slice(2);
	if (text.includes("E")) return text.replace("E", "e");
	if (text.endsWith("i") && !/[.e]/.test(text)) {
		const short = text.replace(/^[0_]+/, "");
		return short === "i" ? "0i" : short;
	}
	return text;
}
