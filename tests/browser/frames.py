"""Counts how often a page draws."""

# An expression for `evaluate`, whose argument is for how many milliseconds to count.
FRAMES_PER_S = """
(forMs) => new Promise((resolve) => {
  let frames = 0;
  let beganMs;
  requestAnimationFrame(function count(nowMs) {
    beganMs ??= nowMs;
    if (nowMs - beganMs >= forMs) resolve((frames * 1000) / (nowMs - beganMs));
    else requestAnimationFrame(count);
    frames++;
  });
})
"""

# An expression for `evaluate`, whose arguments are the chart and for how many milliseconds to watch
# it: how often its last price changed, and in how many seconds.
DRAWINGS = """
([chart, forMs]) => new Promise((resolve) => {
  let drawings = 0;
  const beganMs = performance.now();
  const observer = new MutationObserver(() => drawings++);
  observer.observe(document.querySelector(chart), {attributeFilter: ["data-close"]});
  setTimeout(() => {
    observer.disconnect();
    resolve([drawings, (performance.now() - beganMs) / 1000]);
  }, forMs);
})
"""
