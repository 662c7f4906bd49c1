// The face of the syntax package.

export { checkBranches } from "./branches.ts";
export {
	type Constraint,
	ConstraintError,
	constraintGoVersion,
	evalConstraint,
	fileConstraint,
	isConstraintLine,
	parseConstraint,
	parseConstraintLine,
} from "./constraint.ts";
export { matchFileName } from "./filename.ts";
export { unparen } from "./exprs.ts";
export * from "./nodes.ts";
export { bodyOf, type ParseContext, type ParseOptions, parseFile, parseImports } from "./parser.ts";
export { endPos, startPos } from "./positions.ts";
export { exprString, nodeText, stmtString } from "./printer.ts";
export { Scanner } from "./scanner.ts";
export * as T from "./tokens.ts";
export { forEachChild, walk } from "./walk.ts";
