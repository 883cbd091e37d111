import { exportsOf } from "./programExports";

test("the site is secret as a whole when a value of the stack file is encrypted", async () => {
  const { secret } = await exportsOf({}, true);
  expect(secret).toEqual(["site", "adminPassword", "databasePassword", "operatorKey"]);
});
