// The import rules of rooms.json, for dependency-cruiser: `npm run lint` fails on an import that points up, or on a circle.
import { readFileSync } from "node:fs";

const rooms = JSON.parse(readFileSync(`${import.meta.dirname}/rooms.json`, "utf8"));

const inside = (room) => `^${room.replaceAll(".", "\\.")}(/|$)`;
const packages = "(^|/)node_modules/@pulumi/";
const anyOf = (patterns) => patterns.join("|");

/** What `room` may not import: other rooms of the same list that it does not name. */
const between = (list) =>
  list.map(({ room, mayImport }) => ({
    name: `${room}-imports`,
    comment: `${room} may import ${mayImport.join(", ") || "none of the others"} (rooms.json)`,
    severity: "error",
    from: { path: inside(room) },
    to: {
      path: anyOf(list.map((other) => inside(other.room))),
      pathNot: anyOf([room, ...mayImport].map(inside)),
    },
  }));

export default {
  forbidden: [
    ...between(rooms),
    ...rooms.flatMap((room) => between(room.inside ?? [])),
    { name: "no-circle", severity: "error", from: {}, to: { circular: true } },
    {
      name: "no-pulumi",
      comment: "only rooms whose mayImport has @pulumi know of Pulumi (rooms.json)",
      severity: "error",
      from: {
        path: anyOf(
          rooms.filter(({ mayImport }) => !mayImport.includes("@pulumi")).map(({ room }) => inside(room)),
        ),
      },
      to: { path: packages },
    },
    {
      name: "no-program",
      comment: "the program runs in a process of its own: the offline engine's, or Pulumi's",
      severity: "error",
      from: { path: inside("engines"), pathNot: inside("engines/offline") },
      to: { path: inside("index.ts") },
    },
    {
      name: "no-tests",
      comment: "the product imports nothing of its tests",
      severity: "error",
      from: { pathNot: "^tests/" },
      to: { path: "^tests/" },
    },
  ],
  options: {
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(\\.lvs|node_modules)/" },
  },
};
