export * from "./constants.ts";
export { type BuildInfo, encodeBuildInfo, formatBuildInfo, readBuildInfo, wrapModInfo } from "./buildinfo.ts";
export { ElfFile, type ElfNote, type ElfSection, type ElfSegment, type ElfSymbols } from "./file.ts";
export { elfNote, sectionHeaders, sectionNames, SymtabWriter, writeHeaders } from "./write.ts";
