// Bundles the command into dist/. Run by `npm ci` (prepare).
export {};
