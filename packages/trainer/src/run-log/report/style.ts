/** Okabe and Ito's palette, told apart by the colour-blind; lighter on dark paper. */
const COLOURS = {
  light: ['#0072b2', '#c25400', '#00805e', '#a8478a', '#8a6400', '#3a3f47'],
  dark: ['#5cb8f0', '#ff9548', '#3fd0a4', '#eba3d2', '#f0c24a', '#c9ced6'],
} as const

const palette = (theme: 'light' | 'dark'): string => COLOURS[theme].map((c, i) => `--c${i}:${c}`).join(';')

/** How plots look. */
export const plotStyle: string = `
.plot{display:block;width:100%;height:auto;overflow:visible}
.plot text{font:11px var(--sans);fill:var(--soft);font-variant-numeric:tabular-nums}
.plot .grid{stroke:var(--rule);stroke-width:1}
.plot .axis,.plot .tick{stroke:var(--soft);stroke-width:1;fill:none}
.plot text.axis-label{font-size:11.5px;fill:var(--ink)}
.plot text.label{paint-order:stroke;stroke:var(--paper);stroke-width:3px;stroke-linejoin:round}
.line,.faint{fill:none;stroke:currentColor;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.faint{stroke-width:1;opacity:.35}
.mark{fill:currentColor;stroke:var(--paper);stroke-width:1}
${COLOURS.light.map((_, i) => `.s${i}{color:var(--c${i})}.plot text.label.s${i}{fill:var(--c${i})}`).join('')}
.legend{display:flex;flex-wrap:wrap;gap:.1rem 1.1rem;list-style:none;margin:.3rem 0 .5rem;
padding:0;font:.8rem var(--sans)}
.legend li{display:flex;align-items:center;gap:.4rem}`

/** How a report looks: figures two abreast where there is room, light or dark as the reader has it. */
export const pageStyle: string = `
:root{color-scheme:light dark;--paper:#fff;--ink:#1b1d21;--soft:#5b6169;--rule:#e3e5e8;${palette('light')};
--serif:Charter,"Bitstream Charter","Iowan Old Style","Source Serif 4",Georgia,"DejaVu Serif",serif;
--sans:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Liberation Sans","DejaVu Sans",sans-serif}
@media(prefers-color-scheme:dark){:root{--paper:#15171a;--ink:#e8eaed;--soft:#a2a9b2;--rule:#2d3136;${palette('dark')}}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.55 var(--serif)}
main{max-width:70rem;margin:0 auto;padding:3rem 1.5rem 4rem}
h1{font-size:2rem;line-height:1.2;margin:0 0 .3rem;font-weight:600;letter-spacing:-.01em}
h2{font-size:1.3rem;margin:3rem 0 .4rem;font-weight:600}
h3{font-size:1.02rem;margin:0;font-weight:600}
.lead,.note,figcaption p{color:var(--soft);margin:.15rem 0 0;max-width:46rem}
figcaption p{font-size:.88rem;line-height:1.45}
.summary{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));margin:1.8rem 0 0;
border-block:1px solid var(--rule)}
.summary div{padding:.8rem 1rem .8rem 0}
.summary dt{font:.76rem/1.3 var(--sans);color:var(--soft)}
.summary dd{margin:.15rem 0 0;font:600 1.25rem/1.25 var(--sans);font-variant-numeric:tabular-nums;
overflow-wrap:anywhere}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(26rem,100%),1fr));gap:2.4rem 3rem;
margin-top:2.4rem}
figure{margin:0;display:flex;flex-direction:column;min-width:0}
figure .plot{margin-top:auto;padding-top:.5rem}
.prompt{border-top:1px solid var(--rule);padding:1.1rem 0 1.5rem;margin-top:1.1rem;break-inside:avoid}
.context{display:grid;grid-template-columns:auto 1fr;gap:.1rem .9rem;margin:0 0 .9rem;max-width:52rem}
.context dt{font:.76rem/1.95 var(--sans);color:var(--soft)}
.context dd{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}
.sides{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(22rem,100%),1fr));gap:1.2rem 3rem}
.side{min-width:0}
.side h4{display:flex;justify-content:space-between;align-items:baseline;gap:1rem;margin:0 0 .3rem;
font:600 .85rem var(--sans)}
.mean{font-weight:400;font-size:.76rem;color:var(--soft);font-variant-numeric:tabular-nums}
.side ol{list-style:none;margin:0;padding:0}
.side li{display:grid;grid-template-columns:1fr 4.2rem;gap:1rem;padding:.32rem 0;border-top:1px solid var(--rule)}
.text{white-space:pre-wrap;overflow-wrap:anywhere;font-size:.95rem;line-height:1.45}
.text em{color:var(--soft)}
.reward{text-align:right;font:.8rem/1.7 var(--sans);font-variant-numeric:tabular-nums;
color:var(--soft)}
.bar{display:block;height:2px;margin-left:auto;opacity:.65}
.side:first-child .bar{background:var(--c1)}
.side:last-child .bar{background:var(--c0)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;margin-top:.8rem;font:.86rem/1.5 var(--sans);font-variant-numeric:tabular-nums}
th,td{padding:.32rem 1.6rem .32rem 0;text-align:left;font-weight:400;vertical-align:baseline}
thead th{font-size:.78rem;color:var(--soft);border-bottom:1px solid var(--soft)}
tbody tr+tr>*{border-top:1px solid var(--rule)}
.number{text-align:right}
footer{margin-top:3.5rem;font:.78rem var(--sans);color:var(--soft)}
@media print{main{padding:0;max-width:none}figure{break-inside:avoid}}`
