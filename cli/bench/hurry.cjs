"use strict";
// Preloaded by `--require`: an idle hour passes in a minute. The timers of requests keep their time.
for (const name of ["setTimeout", "setInterval"]) {
  const original = globalThis[name];
  const hurried = (callback, delay, ...args) =>
    original(callback, delay > 30_000 ? delay / 60 : delay, ...args);
  globalThis[name] = Object.defineProperties(hurried, Object.getOwnPropertyDescriptors(original));
}
