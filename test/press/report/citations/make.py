"""Makes expected.json: what pandoc's citeproc (Haskell, not our code) sets of the same works, citations and styles.

    pip install pypandoc_binary==1.17 && python make.py

Run with pandoc 3.9. The styles beside this file are this project's own.
"""
import html, json, pathlib, re, subprocess, sys
import pypandoc

here = pathlib.Path(__file__).parent
pandoc = pypandoc.get_pandoc_path()
cases = json.loads((here / "cases.json").read_text())


def plain(markup: str) -> str:
    text = re.sub(r"<div class=\"csl-left-margin\">(.*?)</div>", r"\1 ", markup, flags=re.S)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", "", text)).replace("\u00a0", " ")).strip()


expected = {"made with": subprocess.run([pandoc, "--version"], capture_output=True, text=True).stdout.splitlines()[0]}
for style in sorted(here.glob("*.csl")):
    source = "---\nlang: en-US\n---\n\n" + "\n\n".join(f"Case: {case}" for case in cases)
    made = subprocess.run(
        [pandoc, "--citeproc", f"--csl={style}", f"--bibliography={here / 'works.json'}", "-f", "markdown-smart", "-t", "html", "--wrap=none"],
        input=source, capture_output=True, text=True, check=True,
    ).stdout
    body, _, rest = made.partition('<div id="refs"')
    if style.stem == "notes":
        citations = [plain(note).removesuffix("↩︎") for note in re.findall(r'<li id="fn\d+">(.*?)</li>', made, flags=re.S)]
    else:
        citations = [plain(text) for text in re.findall(r"<p>Case:\s*(.*?)</p>", body, flags=re.S)]
    entries = re.findall(r'<div id="ref-[^"]*" class="csl-entry"[^>]*>(.*?)</div>\s*(?=<div id="ref|</div>)', rest, flags=re.S)
    expected[style.stem] = {"citations": citations, "bibliography": [plain(entry) for entry in entries]}
(here / "expected.json").write_text(json.dumps(expected, ensure_ascii=False, indent=2) + "\n")
