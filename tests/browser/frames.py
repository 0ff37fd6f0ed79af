"""Counts the frames that a page draws."""

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
