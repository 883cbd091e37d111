import { existsSync, readFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { labNames } from "./labs";

/** Every Markdown file of the project, from its root. */
const pages = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], {
  encoding: "utf8",
})
  .trim()
  .split("\n")
  .filter((page) => existsSync(page));

const textOf = (page: string): string => readFileSync(page, "utf8");

/** Text without code, in which brackets are no links. */
const withoutCode = (text: string): string =>
  text
    .replace(/^ *```[^]*?^ *```$/gm, "")
    .replace(/^ {4,}.*$/gm, "")
    .replace(/`[^`]*`/g, "");

/** Anchors of a page's headings, as GitHub makes them. */
const anchorsOf = (page: string): string[] =>
  [...textOf(page).matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
    title!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\- _]/gu, "")
      .replaceAll(" ", "-"),
  );

/** What a page links to, but addresses of the Internet. */
const linksOf = (page: string): string[] =>
  [...withoutCode(textOf(page)).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target!)
    .filter((target) => !/^[a-z]+:/.test(target));

/**
 * Commands that a reader can type, without comments: the lines of shell blocks in their order, then code in the text that begins
 * with lvs, npm or pulumi. That is sorted, because two languages order a sentence differently.
 */
function commandsOf(page: string): string[] {
  const text = textOf(page);
  const blocks = [...text.matchAll(/^ *```sh\n([^]*?)^ *```$/gm)].flatMap(([, block]) => block!.split("\n"));
  const spans = [
    ...text.replace(/^ *```[^]*?^ *```$/gm, "").matchAll(/`((?:(?:bin\/)?lvs|npm|pulumi)\s[^`]*)`/g),
  ].map(([, span]) => span!.replace(/\s+/g, " "));
  return [...blocks, ...spans.toSorted()]
    .map((line) => line.replace(/(^|\s)# .*$/, "").trim())
    .filter((line) => line !== "");
}

/** What commands print, which no page translates: the lines of indented blocks that begin a claim, a service or a hop. */
const outputOf = (page: string): string[] =>
  textOf(page)
    .replace(/^ *```[^]*?^ *```$/gm, "")
    .split("\n")
    .filter((line) => /^ {4}(ok|hop|\d+|[a-z\d-]+:) /.test(line));

/** English pages that have a Chinese one, with that. */
const pairs: [english: string, chinese: string][] = [
  ["README.md", "README.zh-CN.md"],
  ...["README", ...labNames].map((name): [string, string] => [
    `docs/labs/${name}.md`,
    `docs/labs/zh-CN/${name}.md`,
  ]),
];

test.each(pages)("the links of %s lead to files and headings that exist", (page) => {
  const missing = linksOf(page).filter((link) => {
    const [path = "", anchor] = link.split("#");
    const target = path === "" ? page : join(dirname(page), path);
    if (!existsSync(target)) return true;
    return anchor !== undefined && target.endsWith(".md") && !anchorsOf(target).includes(anchor);
  });
  expect(missing).toEqual([]);
});

test.each(pairs)("%s and %s link to each other", (english, chinese) => {
  expect(linksOf(english).map((link) => join(dirname(english), link))).toContain(chinese);
  expect(linksOf(chinese).map((link) => join(dirname(chinese), link))).toContain(english);
});

test.each(pairs)("%s shows the same commands in Chinese", (english, chinese) => {
  const shown = commandsOf(english);
  expect(shown).not.toEqual([]);
  expect(commandsOf(chinese)).toEqual(shown);
});

test.each(pairs)("%s shows the same output in Chinese", (english, chinese) => {
  expect(outputOf(chinese)).toEqual(outputOf(english));
});

test.each(pairs)("%s has the same tables in Chinese, row by row", (english, chinese) => {
  const rowsOf = (page: string) => textOf(page).match(/^\|/gm)?.length ?? 0;
  expect(rowsOf(chinese)).toBe(rowsOf(english));
});

test("every Chinese page of a lab is that of a lab", () => {
  const chinese = pages.filter((page) => page.startsWith("docs/labs/zh-CN/"));
  expect(chinese.toSorted()).toEqual(
    pairs
      .slice(1)
      .map(([, page]) => page)
      .toSorted(),
  );
});
