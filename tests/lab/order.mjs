import Sequencer from "@jest/test-sequencer";

/**
 * The order in which the files of the lab tier start. Two run at the same time: one with a WordPress site, whose proofs need the
 * CPU one after another, and one with labs that mostly wait.
 */
const order = ["site", "labs", "faults", "storage", "hypervisor"];

const placeOf = ({ path }) => order.findIndex((name) => path.endsWith(`/${name}.test.ts`));

export default class extends Sequencer {
  sort(tests) {
    return [...tests].sort((one, other) => placeOf(one) - placeOf(other));
  }
}
