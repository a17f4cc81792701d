// Each finding on its line, and one line in the summary.
// BENCH_PULL names the file with the pull request and the findings.
const { readFileSync } = require("fs")

const pull = JSON.parse(readFileSync(process.env.BENCH_PULL, "utf8"))
for (const found of pull.findings) warn(found.body, found.path, found.line)
message(pull.summary)
