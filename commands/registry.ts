/** Every command of `lvs`, in the order of its help. */
import { backup } from "./backup";
import { benchForwarding } from "./bench-forwarding";
import { benchUp } from "./bench-up";
import { ca } from "./ca";
import { chaos } from "./chaos";
import type { Command } from "./command";
import { completion } from "./completion";
import { docs } from "./docs";
import { down } from "./down";
import { drain } from "./drain";
import { enter } from "./enter";
import { failover } from "./failover";
import { promote } from "./promote";
import { promoteDb } from "./promote-db";
import { repair } from "./repair";
import { restore } from "./restore";
import { schedulers } from "./schedulers";
import { ssh } from "./ssh";
import { status } from "./status";
import { test } from "./test";
import { trace } from "./trace";
import { undrain } from "./undrain";
import { up } from "./up";
import { verify } from "./verify";

export const commands: readonly Command[] = [
  up,
  down,
  status,
  ssh,
  enter,
  trace,
  schedulers,
  ca,
  verify,
  chaos,
  drain,
  undrain,
  repair,
  failover,
  promote,
  backup,
  restore,
  promoteDb,
  test,
  benchUp,
  benchForwarding,
  docs,
  completion,
];
