// Operand modes: what an expression stands for. Recorded per expression in Info.types.

export const Mode = {
	Invalid: 0,
	/** No value: a call of a function without results. */
	NoValue: 1,
	/** A predeclared function, not yet called; the operand's id says which. */
	Builtin: 2,
	TypExpr: 3,
	Constant: 4,
	/** Addressable. */
	Variable: 5,
	/** Not addressable, may be assigned to, supports comma-ok. */
	MapIndex: 6,
	Value: 7,
	NilValue: 8,
	/** A value that may be used in a comma-ok expression. */
	CommaOk: 9,
	/** As CommaOk, second value is an error (cgo). */
	CommaErr: 10,
	CgoFunc: 11,
} as const;
export type Mode = (typeof Mode)[keyof typeof Mode];
