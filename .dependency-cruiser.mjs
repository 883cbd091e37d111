// The import rules of rooms.json, for dependency-cruiser: `npm run lint` fails on an import that points up, or on a circle.
import { readFileSync } from "node:fs";

const rooms = JSON.parse(readFileSync(`${import.meta.dirname}/rooms.json`, "utf8"));

const inside = (room) => `^${room.replace(".", "\\.")}(/|$)`;
/** Rooms that know nothing of Pulumi. */
const plain = "^(settings|templates)/";

export default {
  forbidden: [
    ...rooms.map(({ room, mayImport }) => ({
      name: `${room}-imports`,
      comment: `${room} may import ${mayImport.join(", ") || "nothing of the project"} (rooms.json)`,
      severity: "error",
      from: { path: inside(room) },
      to: {
        path: rooms.map((other) => inside(other.room)).join("|"),
        pathNot: [room, ...mayImport].map(inside).join("|"),
      },
    })),
    { name: "no-circle", severity: "error", from: {}, to: { circular: true } },
    {
      name: "no-pulumi",
      comment: "settings and templates are plain functions of plain values",
      severity: "error",
      from: { path: plain },
      to: { path: "node_modules/@pulumi" },
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
