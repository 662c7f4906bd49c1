import { UserError } from "./user.ts";
export async function modTidy(_args: readonly string[]): Promise<number> {
	throw new UserError("not supported by this version of tsugo yet", 2);
}
