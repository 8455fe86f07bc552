// @ts-check
// What a new file begins with.

/** @param {string} key */
const form = (key) => ({
  type: "default",
  id: key,
  schemaVersion: 19,
  exporter: { name: "Guicheng", version: "1" },
  executionPlatform: "Camunda Cloud",
  executionPlatformVersion: "8.8.0",
  components: [],
});

/** @param {string} key @param {string} family */
const decision = (key, family) => `<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="definitions_${key}" name="${key}" namespace="urn:guicheng:${family}">
  <decision id="${key}" name="${key}">
    <decisionTable id="table_${key}" hitPolicy="FIRST">
      <input id="input_1">
        <inputExpression id="input_expression_1" typeRef="string">
          <text></text>
        </inputExpression>
      </input>
      <output id="output_1" name="result" typeRef="string" />
    </decisionTable>
  </decision>
</definitions>
`;

/** @param {string} key */
const scenarios = (key) => ({
  $schema: "https://camunda.com/json-schema/cpt-test-cases/8.9/schema.json",
  processId: key,
  testCases: [],
});

/** @param {string} path @param {string} key @param {{family: string}} studio */
export function blank(path, key, { family }) {
  if (path.endsWith(".dmn")) return decision(key, family);
  const content = path.endsWith(".form") ? form(key) : scenarios(key);
  return `${JSON.stringify(content, null, 2)}\n`;
}
