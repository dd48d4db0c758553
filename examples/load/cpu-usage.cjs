/** Loaded into Artillery: writes the CPU milliseconds of its process, workers included, when it ends. */
const { writeFileSync } = require("node:fs");
const { isMainThread } = require("node:worker_threads");

if (isMainThread) {
  process.on("exit", () => {
    const { user, system } = process.cpuUsage();
    writeFileSync(process.env.COST_CPU_FILE, String((user + system) / 1000));
  });
}
