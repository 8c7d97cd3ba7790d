/** How the API reference looks: on a phone, in the dark, on paper. */
export const referenceStyle = `
:root { color-scheme: light dark; --line: light-dark(#d8dde3, #3a424d); --soft: light-dark(#5b6673, #9aa7b5);
  --code: light-dark(#f2f4f7, #1d232b); --verb: light-dark(#0b5cad, #7db8ff); }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif;
  background: light-dark(#fff, #12161b); color: light-dark(#1a1f26, #e4e9ef); }
a { color: var(--verb); } a:not(:hover) { text-decoration: none; }
code { font: .9em ui-monospace, monospace; background: var(--code); padding: .1em .3em; border-radius: .25em;
  overflow-wrap: anywhere; }
small, .summary small { color: var(--soft); font-weight: normal; }
h1, h2, h3, h4 { line-height: 1.25; margin: 1.5em 0 .5em; }
h3 b, nav b { color: var(--verb); font-size: .8em; }
h3 code { background: none; padding: 0; }
h4 { font-size: .9rem; color: var(--soft); }
nav h2 { font-size: 1rem; margin: 1em 0 .25em; }
nav ul { list-style: none; margin: 0; padding: 0; font-size: .9rem; overflow-wrap: anywhere; }
article { border-top: 1px solid var(--line); padding-bottom: 1rem; }
article:target { outline: 2px solid var(--verb); outline-offset: .5rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-top: 1px solid var(--line); }
th { width: 15rem; font-weight: normal; }
td table { margin-top: .35rem; } td th { width: 10rem; }
dt { font-weight: 600; } dd { margin: 0 0 .75rem 1rem; } dd p { margin: .25rem 0; }
@media (min-width: 60rem) {
  body { display: grid; grid-template: auto 1fr / 18rem 1fr; gap: 0 2rem; }
  header { grid-column: 1 / 3; }
  nav { position: sticky; top: 0; max-height: 100vh; overflow: auto; align-self: start; padding-bottom: 2rem; }
}
@media (max-width: 40rem) { th, td { display: block; width: auto; } td { border-top: 0; padding-left: 1rem; } }
@media print { nav { display: none; } }
`;
