import { nginxOutcome } from "./outcome";
import { header, markdown, rowOf, valueOf } from "../../../chaos/report";
import { stepSeconds, timeline } from "../../../chaos/timeline";

test("a row has the figures, and one cell for each title", () => {
  const row = rowOf(nginxOutcome());
  expect(row).toHaveLength(header.length);
  expect(row).toEqual([
    "nginx-stopped",
    "rs2",
    "2 of 28: refused 2",
    "1 s",
    "12 s, 2 s after its end",
    "post and picture",
    "none: no health checks",
    "ok",
  ]);
});

test("what failed says so, in its row and as a value", () => {
  const lost = nginxOutcome({ problems: ["lost: post 7 is gone"], kept: undefined });
  expect(rowOf(lost).slice(-3)).toEqual(["-", "none: no health checks", "FAIL"]);
  expect(valueOf(lost)).toMatchObject({
    fault: "nginx-stopped",
    ok: false,
    problems: ["lost: post 7 is gone"],
  });
  expect(valueOf(lost)).not.toHaveProperty("kept");
});

test("values are figures, and not every request", () => {
  expect(JSON.stringify(valueOf(nginxOutcome()))).not.toContain("samples");
  expect(valueOf(nginxOutcome())).toMatchObject({ ok: true, requests: 28, failed: 2, longestGapSeconds: 1 });
});

test("a table in Markdown is one", () => {
  expect(markdown(["a", "b"], [["1", "x|y"]])).toBe("| a | b |\n| --- | --- |\n| 1 | x\\|y |");
});

test("the picture has a lane a fault: its answers, its failures, how long it was there, and full service", () => {
  const svg = timeline([nginxOutcome(), nginxOutcome({ problems: ["lost"] })]);
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" [^>]*>[^]*<\/svg>\n$/);
  expect(svg.match(/>nginx-stopped</g)).toHaveLength(2);
  expect(svg.match(/font-weight="bold" fill="#b00020"/g)).toHaveLength(1);
  const [failures] = svg.match(/<path d="[^"]*" stroke="#c4622d"\/>/g)!;
  expect(failures.match(/M/g)).toHaveLength(2);
  expect(svg.match(/stroke-dasharray/g)).toHaveLength(2);
});

test("the axis has ten steps at most", () => {
  expect([8, 34, 95, 400].map(stepSeconds)).toEqual([1, 5, 10, 60]);
});
