/** usage: tsx tests/unit/sdks/trim.ts <whole.json >tests/unit/sdks/schema.json: see README.md. */
import { readFileSync } from "node:fs";
import { type Property, argsOf, outputsOf, trimmed } from "./sdk";

const whole = JSON.parse(readFileSync(0, "utf8")) as Record<string, Property>;
const schema = Object.fromEntries(
  Object.entries(whole).map(([name, property]) => {
    const type = `${name[0]!.toUpperCase()}${name.slice(1)}`;
    return [name, trimmed(property, argsOf(type), outputsOf(type))];
  }),
);
console.log(JSON.stringify(schema, null, 2));
