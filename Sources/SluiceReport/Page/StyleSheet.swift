/// How pages look: on screens light and dark, narrow and wide, and on paper.
///
/// Colours are those of Okabe and Ito, which all kinds of sight tell apart; lines have dashes besides.
enum StyleSheet {
  static let text: StaticString = """
    :root{color-scheme:light dark;--back:#fff;--ink:#1c2024;--soft:#5c646c;--rule:#d9dde1;--panel:#f6f7f8;
    --s0:#0072b2;--s1:#d55e00;--s2:#009e73;--s3:#b0578d;--s4:#b07c00;--s5:#3a9bd9;--s6:#1c2024;--s7:#7d858c}
    @media (prefers-color-scheme:dark){:root{--back:#15181b;--ink:#e8eaec;--soft:#a4abb2;--rule:#363c42;
    --panel:#1d2125;--s0:#56b4e9;--s1:#f08a3c;--s2:#2fc296;--s3:#e08fc0;--s4:#e6b93f;--s5:#8fb8ff;
    --s6:#e8eaec;--s7:#99a1a8}}
    *{box-sizing:border-box}
    body{margin:0 auto;padding:1rem;max-width:1400px;background:var(--back);color:var(--ink);
    font:16px/1.45 system-ui,sans-serif}
    h1{font-size:1.6rem;margin:.3rem 0 .8rem}
    h2{font-size:1.25rem;margin:2rem 0 .4rem;padding-top:.6rem;border-top:1px solid var(--rule)}
    h1,h2,p,dd,figcaption{overflow-wrap:anywhere}
    td,th{overflow-wrap:break-word;white-space:nowrap} td:first-child,.text td,.text th{white-space:normal}
    h1,p,td,th,dd,figcaption,.legend span{unicode-bidi:plaintext}
    p{max-width:75ch;margin:.4rem 0}
    nav a{margin-right:1rem;color:var(--s0)}
    dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;margin:.5rem 0}
    dt{color:var(--soft)} dd{margin:0}
    .grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,400px),1fr));gap:1.2rem;
    align-items:start;margin:.8rem 0}
    .pair{display:grid;gap:1.2rem;grid-template-columns:repeat(var(--runs),minmax(0,1fr));margin:.8rem 0}
    figure{margin:0;padding:.6rem .7rem;background:var(--panel);border-radius:6px;min-width:0;
    break-inside:avoid}
    figure.wide{grid-column:1/-1}
    figcaption{font-weight:600;margin-bottom:.2rem}
    svg{display:block;width:100%;max-width:540px;height:auto;font:12px system-ui,sans-serif}
    .note{color:var(--soft);font-size:.88rem;margin:.3rem 0 0}
    .legend{list-style:none;display:flex;flex-wrap:wrap;gap:.1rem .9rem;margin:.1rem 0;padding:0;font-size:.82rem}
    .legend li{display:flex;align-items:center;gap:.3rem;overflow-wrap:anywhere}
    .legend svg{width:28px;flex:none}
    .axis text,.name{fill:var(--soft)} .axis .label{fill:var(--ink)}
    .axis line{stroke:var(--rule);stroke-width:1} .axis .base{stroke:var(--soft)}
    .name{fill:var(--ink)}
    .line{fill:none;stroke:var(--c);stroke-width:1.8;stroke-linejoin:round}
    .dot,.bar{fill:var(--c)} .dot{fill-opacity:.75} .band{fill:var(--c);fill-opacity:.22;stroke:var(--c);stroke-width:.5}
    .s0{--c:var(--s0)} .s1{--c:var(--s1)} .s2{--c:var(--s2)} .s3{--c:var(--s3)}
    .s4{--c:var(--s4)} .s5{--c:var(--s5)} .s6{--c:var(--s6)} .s7{--c:var(--s7)}
    .s1 .line{stroke-dasharray:7 3} .s2 .line{stroke-dasharray:2 2.5} .s3 .line{stroke-dasharray:9 3 2 3}
    .s4 .line{stroke-dasharray:4 2} .s5 .line{stroke-dasharray:12 4} .s6 .line{stroke-width:1.4}
    .s7 .line{stroke-dasharray:6 2 2 2 2 2}
    .again .line{stroke-opacity:.5}
    .ref{--c:var(--s7)} .ref .line{stroke-width:1.1;stroke-dasharray:3 4}
    .hits rect{fill:transparent} .hits line{stroke:var(--soft);opacity:0} .hits g:hover line{opacity:.7}
    .row:hover .name{font-weight:600}
    .scroll{overflow-x:auto}
    table{border-collapse:collapse;font-size:.86rem;font-variant-numeric:tabular-nums}
    th,td{padding:.2rem .6rem;text-align:right;vertical-align:top;border-bottom:1px solid var(--rule)}
    th{color:var(--soft);font-weight:600} th:first-child,td:first-child,.text td,.text th{text-align:left}
    td:first-child{min-width:7rem} .text td+td{min-width:14rem;max-width:60ch}
    .matrix td{text-align:center;background:rgb(0 114 178 / calc(var(--share)*.55));min-width:3rem}
    .matrix th{text-align:center} .matrix .side{text-align:left}
    details{margin-top:.4rem;font-size:.88rem} summary{cursor:pointer;color:var(--soft)}
    @media (max-width:900px){.pair{grid-template-columns:1fr} dl{grid-template-columns:1fr} dt{margin-top:.4rem}}
    @media print{:root{--back:#fff;--ink:#000;--soft:#444;--rule:#ccc;--panel:#fff}
    body{max-width:none;font-size:11pt} nav,details{display:none} .bar,.band,.matrix td{print-color-adjust:exact}}

    """
}
