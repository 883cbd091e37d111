import { resolveSite } from "../../../settings/resolve";
import { type Measured, svgChart, textChart } from "../../../verify/schedulers/charts";

const [service] = resolveSite("t", {
  content: "static",
  services: [{ name: "sh-port", scheduler: "sh", schedulerFlags: ["sh-port"] }],
  realServers: [{ weight: 2 }, { weight: 5 }],
}).services;

const measured: Measured = {
  service,
  found: {
    how: "4 connections held",
    servers: ["rs2", "rs2", "rs1", "rs2"],
    expected: ["rs2", "rs2", "rs1", "rs1"],
    exactly: "in number",
  },
};

test("a chart in text has a bar for each real server, as long as its share", () => {
  expect(textChart(measured, 8)).toBe(`sh-port: sh (sh-port), 4 connections held
  rs1  weight   2  ██          1  25 %  owed 2
  rs2  weight   5  ██████      3  75 %  owed 2`);
});

test("where lots are drawn nothing is owed", () => {
  const found = { ...measured.found, expected: undefined };
  expect(textChart({ ...measured, found }, 8)).not.toContain("owed");
});

test("the picture has a bar for each real server, and a line where another share is owed", () => {
  const svg = svgChart([measured, measured]);
  expect([...svg.matchAll(/<rect x="70" y="\d+" width="(\d+)"/g)].map((match) => match[1])).toEqual([
    "120",
    "360",
    "120",
    "360",
  ]);
  expect(svg.match(/<path /g)).toHaveLength(4);
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" [^>]*>[^]*<\/svg>\n$/);
});
