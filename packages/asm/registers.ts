// Register names.

import { Reg } from "#obj";

const gp = ["AX", "CX", "DX", "BX", "SP", "BP", "SI", "DI"];
const byteNames = ["AL", "CL", "DL", "BL", "SPB", "BPB", "SIB", "DIB"];
const segments = ["ES", "CS", "SS", "DS", "FS", "GS"];

function build(): ReadonlyMap<string, number> {
	const map = new Map<string, number>();
	for (let i = 0; i < 16; i++) {
		map.set(i < 8 ? (gp[i] as string) : `R${i}`, Reg.Gp + i);
		map.set(i < 8 ? (byteNames[i] as string) : `R${i}B`, Reg.Byte + i);
		map.set(`CR${i}`, Reg.CR + i);
		map.set(`DR${i}`, Reg.DR + i);
	}
	["AH", "CH", "DH", "BH"].forEach((name, i) => map.set(name, Reg.HighByte + 4 + i));
	for (let i = 0; i < 32; i++) {
		map.set(`X${i}`, Reg.X + i);
		map.set(`Y${i}`, Reg.Y + i);
		map.set(`Z${i}`, Reg.Z + i);
	}
	for (let i = 0; i < 8; i++) {
		map.set(`K${i}`, Reg.K + i);
		map.set(`M${i}`, Reg.M + i);
		map.set(`F${i}`, Reg.F + i);
		map.set(`TR${i}`, Reg.TR + i);
	}
	segments.forEach((name, i) => map.set(name, Reg.Seg + i));
	map.set("TLS", Reg.TLS);
	map.set("SB", Reg.SB);
	map.set("FP", Reg.FP);
	map.set("PC", Reg.PC);
	map.set("g", Reg.Gp + 14);
	return map;
}

/** Register numbers by name, pseudo registers included. */
export const registers: ReadonlyMap<string, number> = build();

export function isPseudo(reg: number): boolean {
	return reg === Reg.SB || reg === Reg.FP || reg === Reg.PC;
}
