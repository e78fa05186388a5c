// What does not arrive (a network that changes, a proxy that starts again) is asked for
// again. Without a module the page is empty, and is loaded anew; with one style less it may
// be in use already, so the style alone is.
const PAUSE_MILLISECONDS = 2000;

addEventListener(
  "error",
  ({ target }) => {
    const isStyle = target.rel === "stylesheet";
    if (!isStyle && target.tagName !== "SCRIPT") return;
    document.getElementById("unloaded")?.removeAttribute("hidden");
    const again = () => {
      const style = target.cloneNode();
      style.addEventListener("load", () => document.getElementById("unloaded")?.setAttribute("hidden", ""));
      target.replaceWith(style);
    };
    setTimeout(isStyle ? again : () => location.reload(), PAUSE_MILLISECONDS);
  },
  true,
);
