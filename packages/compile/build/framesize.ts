// The limit that the stack puts on frames.

import type { Func } from "#ssa";
import { alignUp } from "../layout.ts";

/** Frames, and arguments, of this size and above are an error (cmd/compile/internal/ssagen.maxStackSize). */
export const MaxFrame: number = 1 << 30;

/** gc's error about a function whose frame, as the builder made it, is too large; "" = it is not. */
export function frameFault(f: Func): string {
	let locals = 0;
	for (const s of f.slots) if (s.argOffset < 0) locals = alignUp(locals, Math.max(s.align, 1)) + s.size;
	const args = f.sig.stackSize;
	const callee = locals < MaxFrame && args < MaxFrame ? widestCall(f) : 0;
	if (locals + callee < MaxFrame && args < MaxFrame) return "";
	const mb = (n: number): string => `${Math.floor(n / (1 << 20))} MB`;
	return `stack frame too large (>1GB): ${mb(locals)} locals + ${mb(args)} args${callee > 0 ? ` + ${mb(callee)} callee` : ""}`;
}

/** Bytes of the largest area for arguments of calls. */
function widestCall(f: Func): number {
	let max = 0;
	for (const aux of f.auxes) if (typeof aux === "object" && aux !== null && "sig" in aux) max = Math.max(max, aux.sig.stackSize);
	return max;
}
