/** Loaded into a measured process: writes its CPU milliseconds and its peak of memory in MB to a file when it ends. */
const { writeFileSync } = require("node:fs");

process.on("exit", () => {
  const { user, system } = process.cpuUsage();
  const { maxRSS } = process.resourceUsage();
  writeFileSync(
    process.env.BENCH_USAGE_FILE,
    JSON.stringify({ cpuMs: (user + system) / 1000, memoryMb: maxRSS / 1024 }),
  );
});
