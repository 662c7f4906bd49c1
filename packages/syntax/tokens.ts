// Tokens, as literal constants so that switches on them compile to jump tables
// and a bundler inlines them. Keywords are contiguous.

// Typed `number`, so that a test of the current token does not narrow it for good.
export const EOF: number = 1;
export const NAME: number = 2;
export const LITERAL: number = 3;
/** Unary and binary operators without a token of their own; the scanner's `op` says which. */
export const OPERATOR: number = 4;
/** op= */
export const ASSIGN_OP: number = 5;
/** ++ and -- */
export const INC_OP: number = 6;
export const ASSIGN: number = 7;
export const DEFINE: number = 8;
export const ARROW: number = 9;
export const STAR: number = 10;
export const LPAREN: number = 11;
export const LBRACK: number = 12;
export const LBRACE: number = 13;
export const RPAREN: number = 14;
export const RBRACK: number = 15;
export const RBRACE: number = 16;
export const COMMA: number = 17;
export const SEMI: number = 18;
export const COLON: number = 19;
export const DOT: number = 20;
export const DOTDOTDOT: number = 21;
export const BREAK: number = 22;
export const CASE: number = 23;
export const CHAN: number = 24;
export const CONST: number = 25;
export const CONTINUE: number = 26;
export const DEFAULT: number = 27;
export const DEFER: number = 28;
export const ELSE: number = 29;
export const FALLTHROUGH: number = 30;
export const FOR: number = 31;
export const FUNC: number = 32;
export const GO: number = 33;
export const GOTO: number = 34;
export const IF: number = 35;
export const IMPORT: number = 36;
export const INTERFACE: number = 37;
export const MAP: number = 38;
export const PACKAGE: number = 39;
export const RANGE: number = 40;
export const RETURN: number = 41;
export const SELECT: number = 42;
export const STRUCT: number = 43;
export const SWITCH: number = 44;
export const TYPE: number = 45;
export const VAR: number = 46;

/** Spelling of each token, by token. */
export const tokenText: readonly string[] = (
	"_ EOF name literal op op= opop = := <- * ( [ { ) ] } , ; : . ... " +
	"break case chan const continue default defer else fallthrough for func go goto if import interface map package " +
	"range return select struct switch type var"
).split(" ");

/** How an error message calls a token. */
export function describeToken(tok: number): string {
	if (tok === COMMA) return "comma";
	if (tok === SEMI) return "semicolon or newline";
	const text = tokenText[tok] as string;
	return tok >= BREAK ? `keyword ${text}` : text;
}

/** Binary precedences. */
export const PREC_OROR: number = 1;
export const PREC_ANDAND: number = 2;
export const PREC_CMP: number = 3;
export const PREC_ADD: number = 4;
export const PREC_MUL: number = 5;
