// What the programs beside it share: where the server is, and a report of each use.
export const URL = process.env.PUNA_URL;
export const BASE_URL = `${URL}/v1`;
export const MODEL = "tiny";
export const CLIENT = process.env.PUNA_CLIENT;
export const ASK = "Say this is a test";
export const ANSWER = "This is a test.";

export async function use(name, run) {
  let error = null;
  try {
    await run();
  } catch (failure) {
    error = String(failure?.stack ?? failure).slice(0, 2000) + (failure?.responseBody ? ` ${failure.responseBody}` : "");
  }
  console.log("\n" + JSON.stringify({ use: name, error }));
}

export function equal(found, wanted) {
  if (JSON.stringify(found) !== JSON.stringify(wanted)) {
    throw new Error(`${JSON.stringify(found)} is not ${JSON.stringify(wanted)}`);
  }
}

export function holds(condition, what) {
  if (!condition) throw new Error(`not so: ${what}`);
}
