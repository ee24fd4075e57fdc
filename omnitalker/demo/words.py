"""What the page says and how it looks."""

TITLE = "OmniTalker"
HEADER = """
<header class="top"><h1>OmniTalker</h1>
<p>Type a sentence. A person who does not exist says it, voice and face made in one go.</p></header>
"""
ENGLISH = "Good morning! The train to the sea leaves at nine, so there is time for one more coffee."
MANDARIN = "早上好！去海边的火车九点出发，还来得及再喝一杯咖啡。"
CONSENT = "The person in this clip or picture is me, or has agreed to this use."
REFERENCE_HINT = (
    "Three to ten seconds of clear speech, facing the camera. Nothing leaves this machine: the clip is "
    "deleted after an hour."
)
READY = "<div class='status' role='status'>Ready.</div>"
REFUSED = (
    "This could not be begun: too many people are waiting, or something that is chosen here is gone. "
    "Try again in a minute; if that does not help, load the page anew."
)
NAMES = """() => {
  const name = () => {
    document.querySelectorAll('#presenters button.thumbnail-lg').forEach(button => {
      const caption = button.querySelector('.caption-label');
      if (!caption) return;
      button.setAttribute('aria-label', caption.innerText.trim());
      button.setAttribute('aria-pressed', button.classList.contains('selected'));
      button.querySelector('img').alt = '';
    });
    document.querySelectorAll('button.upload-container[aria-label]').forEach(button => {
      const seen = button.innerText.replace(/[\\s-]+/g, ' ').trim();
      if (seen && button.ariaLabel !== seen) button.ariaLabel = seen;
    });
    document.querySelectorAll('.toast-header[role]').forEach(header => {
      header.removeAttribute('role');
      header.removeAttribute('tabindex');
    });
    document.querySelectorAll('.empty[aria-label]').forEach(box => {
      box.setAttribute('role', 'img');
      box.setAttribute('aria-label', box.closest('#player') ? 'The chosen presenter' : 'Nothing yet');
    });
  };
  name();
  let soon;
  new MutationObserver(() => { clearTimeout(soon); soon = setTimeout(name, 200); }).observe(
    document.body, {childList: true, subtree: true, attributes: true, attributeFilter: ['class']});
}"""
"""Names for screen readers, which Gradio calls 'Thumbnail 1 of 3', 'Empty value' and 'Drop a file here';
and its messages are no buttons around a button."""
COMPARE_HINT = (
    "Two of your last videos side by side: change one setting, generate again, and look. "
    "Your own reference is among the choices once there is one."
)
PLAY_BOTH = """() => { document.querySelectorAll('#compare video').forEach(
  video => { video.currentTime = 0; video.play(); }); }"""
STYLES_HINT = (
    "Keep the voice and manner that the **Speak** tab is set to, under a name of your own. "
    "Kept styles appear among your voices, yours alone, and stay on this machine."
)
DIRECT_INFO = "In words, if you like: tired but kind, slowly"
SCENE_HINT = (
    "Several speakers: `NAME [direction]: text`, a line each. `(pause 1)`, `*stress*`, `& NAME:` breaks in, "
    "`NARRATOR` is heard only, `# Title` is a chapter. Voices and faces by name, or a cast between two `---`: "
    "docs/scenes.md has all of it."
)
SCENE = """ava [happy]: Good morning! (pause 0.5) Did you sleep *well*?
marcus [tired, slowly]: Like a stone.
& ava: Oh, good!
narrator: And then [whispering] the telephone rang.
marcus [surprised]: Who calls so early?
"""
VERIFY_HINT = (
    "Was it made by OmniTalker? Drop a film or a sound here, as it reached you: cut, scaled or encoded anew. "
    "What is found is how sure the marks inside are. No mark is no proof that something is real."
)
NO_TAKE = (
    "<p class='quiet'>Generate a video first: its sound and face curves will be drawn here.</p>"
)
TALK_TAB = "Talk"
TRANSCRIPT_INFO = "Filled in as far as it is heard. Mend it, or leave it empty."
NO_LIVE = """
<div class="quiet" role="status"><p><strong>Talk with a presenter, live.</strong> The live server is not running here.</p>
<p>Start it beside this page, then open this tab again:</p><pre tabindex="0">omnitalker serve</pre>
<p>Or start both together:</p><pre tabindex="0">omnitalker demo --with-server</pre></div>
"""
LIVE_SOON = """
<div class="quiet" role="status"><p><strong>The live server is starting.</strong> Open this tab again in a few seconds.</p></div>
"""
FOOTER = """
<footer>Every file is marked as generated. Use only voices and faces of people who agreed.
<a href="?view=api">Use it from a program</a></footer>
"""

CSS = """
.gradio-container { width: 100% !important; max-width: 1180px !important; margin: 0 auto !important; }
.gradio-container, .gradio-container > .main { min-width: 0; max-width: min(100vw, 1180px) !important; }
.gradio-container > .main, .gradio-container main { width: 100%; }
.top h1 { font-size: 1.7rem; font-weight: 700; letter-spacing: -.02em; margin: .4rem 0 0; }
.top p { margin: .1rem 0 .2rem; color: var(--body-text-color-subdued); font-size: 1rem; }
#presenters { padding: 0; border: 0; box-shadow: none; background: none; min-height: 0 !important; }
#presenters .grid-wrap { height: auto !important; min-height: 0 !important; max-height: none !important; padding: 0; overflow: visible; }
#presenters .grid-container { gap: 10px; padding: 0; }
#poster { display: none; }
#presenters button.thumbnail-lg { border-radius: 14px; aspect-ratio: 1; border: 3px solid transparent; }
#presenters button.thumbnail-lg.selected { border-color: var(--color-accent); box-shadow: none; }
#presenters .caption-label { border-radius: 8px; font-weight: 600; }
button[role=tab].selected { color: var(--primary-700) !important; } .dark button[role=tab].selected { color: var(--primary-300) !important; }
#text textarea { font-size: 1.08rem; line-height: 1.55; }
#generate { font-size: 1.08rem; min-height: 3rem; }
#cancel { min-height: 3rem; }
#player { border: 0; aspect-ratio: 1; min-height: 0; border-radius: 18px; overflow: hidden; }
#player video { width: 100%; height: 100%; object-fit: contain; background: #101418; }
#player .empty { height: 100%; min-height: 100%; } #player .empty svg { display: none; }
#status, #status .html-container { padding: 0 !important; }
.status { padding: .55rem .8rem; border-radius: 10px; background: var(--block-background-fill);
  color: var(--body-text-color); font-variant-numeric: tabular-nums; }
.status .bar { height: 6px; border-radius: 3px; margin-top: .45rem; background: var(--border-color-primary); overflow: hidden; }
.status .bar i { display: block; height: 100%; background: var(--color-accent); transition: width .3s; }
.status.bad { background: color-mix(in srgb, #c0392b 14%, transparent); }
.findings { list-style: none; margin: .3rem 0; padding: 0; display: grid; gap: .3rem; }
.findings li { display: flex; gap: .6rem; align-items: baseline; margin: 0; }
.findings li > span:first-child { width: 1.35rem; height: 1.35rem; border-radius: 50%; flex: none; display: grid;
  place-items: center; color: #fff; font-size: .8rem; font-weight: 700; }
.findings .good > span:first-child { background: #1e8449; } .findings .fair > span:first-child { background: #b9770e; }
.findings .bad > span:first-child { background: #c0392b; }
.sr-only { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.inside { overflow-x: auto; padding: .4rem 0; }
.inside svg { display: block; color: var(--body-text-color); }
.inside .label { fill: currentColor; font-size: 13px; opacity: .8; }
.inside .word { fill: currentColor; font-size: 13px; font-weight: 600; }
.inside .base { stroke: currentColor; opacity: .15; } .inside .tick { stroke: currentColor; opacity: .22; stroke-dasharray: 3 4; }
.inside .curve { fill: none; stroke-width: 2; stroke-linejoin: round; stroke: var(--color-accent); }
.inside .curve.c1 { stroke: #1e9e78; } .inside .curve.c2 { stroke: #c8841a; }
.inside-title { font-size: 1rem; font-weight: 600; margin: .8rem 0 .2rem; }
.inside-title small { font-weight: 400; color: var(--body-text-color-subdued); }
.shelf { align-items: end; } .shelf > .form { border: 0; } .shelf button { min-height: 2.6rem; margin-bottom: .5rem; }
#compare video { object-fit: contain; background: #101418; border-radius: 14px; }
#files td, #files th { padding-block: .3rem !important; } #files .file-preview tr { height: auto; }
#files button[aria-label="Remove this file"], #files .label-clear-button { display: none; }
#reference video { max-height: 236px; }
.quiet { padding: 1.2rem; color: var(--body-text-color-subdued); }
.quiet pre { display: inline-block; padding: .5rem .9rem; border-radius: 8px; background: var(--background-fill-secondary); }
iframe.live { width: 100%; height: 78vh; border: 0; border-radius: 14px; background: #101418; }
footer a { color: inherit; }
footer { color: var(--body-text-color-subdued); font-size: .85rem; }
@media (max-width: 640px) {
  .gradio-container > .main { padding: 8px 10px !important; }
  .tab-container button { padding-inline: .55rem !important; }
  #speak { flex-direction: column; flex-wrap: nowrap; } #speak > .column { display: contents; }
  #player, #files { order: 1; width: 100%; } #main-controls { order: 2; }
  .top h1 { font-size: 1.35rem; } .top p { font-size: .92rem; }
}
"""
