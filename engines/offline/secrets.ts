/** `@pulumi/random` for the offline engine. */
import { randomInt } from "node:crypto";
import type { Provider } from "./provider";

const alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

export const randomPassword: Provider = {
  create(inputs) {
    if (inputs.special !== false)
      throw new Error("the offline engine makes passwords of letters and digits only: set special to false");
    const letters = Array.from(
      { length: Number(inputs.length) },
      () => alphanumeric[randomInt(alphanumeric.length)],
    );
    return Promise.resolve({ id: "none", outputs: { result: letters.join("") } });
  },
};
