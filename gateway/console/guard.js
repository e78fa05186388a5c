// A module that does not arrive (a network that changes, a proxy that starts again) would
// leave the page empty for good: it says so, and is loaded again.
addEventListener(
  "error",
  ({ target }) => {
    if (target.tagName !== "SCRIPT" && target.rel !== "stylesheet") return;
    document.getElementById("unloaded")?.removeAttribute("hidden");
    setTimeout(() => location.reload(), 2000);
  },
  true,
);
