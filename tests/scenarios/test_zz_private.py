import json, pathlib, pytest
from engine import demo, library, scenarios
FILES=sorted(pathlib.Path('bpmn/move_in/scenarios').glob('*.json'))
CASES=[(f.stem,c) for f in FILES for c in json.loads(f.read_text())['testCases']]
@pytest.mark.parametrize('stem,case',CASES,ids=[f'{s}-{i}' for i,(s,c) in enumerate(CASES)])
def test_case(engine,clock,stem,case):
    library.deploy_shipped(engine)
    demo.load(engine)
    scenarios.run(engine,clock,case)
