// What does not arrive (a network that changes, a proxy that starts again) is asked for
// again. Without a module the page is empty: it says so, and is loaded anew. Without a style
// it may be in use already, so the style alone is loaded.
const PAUSE_MILLISECONDS = 2000;

addEventListener(
  "error",
  ({ target }) => {
    if (target.rel === "stylesheet") {
      setTimeout(() => target.replaceWith(target.cloneNode()), PAUSE_MILLISECONDS);
    } else if (target.tagName === "SCRIPT") {
      document.getElementById("unloaded")?.removeAttribute("hidden");
      setTimeout(() => location.reload(), PAUSE_MILLISECONDS);
    }
  },
  true,
);
