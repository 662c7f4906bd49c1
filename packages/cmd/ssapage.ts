// A page that shows a function through all passes: its source, its SSA as built and
// after each pass that changed it. One file without references; clicking a value or
// a block marks it everywhere.

import { dump, type Func, type OptimizeContext, passes } from "#ssa";

interface Column {
	title: string;
	text: string;
}

function escape(text: string): string {
	return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** SSA text with values and blocks as marks that can be found again. */
function body(text: string): string {
	return escape(text).replace(/\b([vb]\d+)\b/g, '<span class="$1">$1</span>');
}

const style = `body{font:13px/1.35 monospace;margin:0;background:#fff;color:#222}
h1{font-size:15px;margin:8px}p{margin:8px}
#cols{display:flex;align-items:flex-start;overflow-x:auto}
section{flex:none;border-right:1px solid #ccc;padding:0 8px;max-width:60ch;overflow-x:auto}
section.closed pre{display:none}section.closed{max-width:3ch;overflow:hidden}
h2{font-size:13px;cursor:pointer;margin:4px 0;white-space:nowrap}
span[class]{cursor:pointer}.m0{background:#fe8}.m1{background:#aef}.m2{background:#bfb}.m3{background:#fbd}.m4{background:#dcf}`;
const script = `let n=0;const marked=new Map();
addEventListener("click",e=>{const h=e.target.closest("h2");if(h){h.parentNode.classList.toggle("closed");return}
const s=e.target.closest("pre span");if(!s)return;const id=s.dataset.id||(s.dataset.id=s.classList[0]);
const old=marked.get(id);const cls=old||"m"+n++%5;
for(const x of document.getElementsByClassName(id))x.classList.toggle(cls,!old);old?marked.delete(id):marked.set(id,cls)})`;

export function page(name: string, columns: readonly Column[]): string {
	const sections = columns.map((c) => `<section><h2>${escape(c.title)}</h2><pre>${body(c.text)}</pre></section>`).join("\n");
	return `<!doctype html><meta charset="utf-8"><title>${escape(name)}</title><style>${style}</style>
<h1>${escape(name)}</h1><p>Passes that changed nothing are not shown. Click a value or a block to mark it, a title to fold the column.</p>
<div id="cols">${sections}</div><script>${script}</script>
`;
}

/** Collects the passes of functions and gives each finished page to write. */
export function collectPages(ctx: OptimizeContext, wanted: (name: string) => boolean, write: (name: string, html: string) => void): void {
	const before = ctx.after;
	const end = passes[passes.length - 1].name;
	let columns: Column[] = [];
	let last = "";
	ctx.after = (f: Func, pass: string) => {
		before?.(f, pass);
		if (!wanted(f.name)) return;
		if (pass === "start") {
			columns = [{ title: "source", text: ctx.source(f.pos) }];
			last = "";
		}
		const text = dump(f);
		if (text !== last) columns.push({ title: pass, text });
		last = text;
		if (pass === end) write(f.name, page(f.name, columns));
	};
}
