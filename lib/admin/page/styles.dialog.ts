import { compact } from '../../http/page/html.js';

/** The styles of dialogs and their fields. */
export const ADMIN_STYLES_DIALOG = compact(`
dialog{
width:min(36rem,100% - 2rem);max-height:calc(100dvh - 2rem);margin:auto;padding:0;overflow:auto;border:1px solid var(--line);
border-radius:1rem;background:var(--card);color:var(--ink);box-shadow:0 20px 60px #0007
}
dialog::backdrop{background:#06101699}
dialog form{display:grid;gap:1.125rem;padding:1.5rem}
dialog h2{font-size:1.375rem;line-height:1.3}
.note{color:var(--soft)}
fieldset{min-width:0;padding:0;border:0}
legend,.field label{padding:0;font-weight:600}
.chips{display:flex;flex-wrap:wrap;gap:.5rem;margin-top:.5rem}
.chip{position:relative;cursor:pointer}
.chip input{position:absolute;inset:0;width:100%;height:100%;opacity:0;cursor:pointer}
.chip span{display:block;padding:.5rem .875rem;border:1px solid var(--edge);border-radius:2rem}
.chip input:checked+span{border-color:var(--go);background:var(--go);color:var(--go-ink);font-weight:600}
.chip input:focus-visible+span{outline:3px solid var(--focus);outline-offset:2px}
.field{display:grid;gap:.375rem}
fieldset .field{margin-top:.875rem}
fieldset>.hint{margin-top:.625rem}
.hint{color:var(--quiet);font-size:.875rem}
input[type=text],input[type=datetime-local],textarea{
width:100%;min-height:2.75rem;padding:.5rem .75rem;border:1px solid var(--edge);border-radius:.5rem;background:var(--ground);
color:inherit;font:inherit
}
textarea{resize:vertical}
.problem:not(:empty){padding:.75rem 1rem;border-radius:.5rem;background:var(--severe);color:var(--severe-ink)}
.problem .now{margin-top:.25rem;font-weight:600}
dialog .actions{justify-content:flex-end}
@media (max-width:40rem){
dialog form{padding:1.125rem}
dialog .actions button{flex:1 1 auto}
}
`);
