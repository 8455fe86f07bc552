from engine import library, deployments
from engine.access import SYSTEM
from engine.errors import InvalidDiagram

def test_deploys(engine):
    for fam in library.families():
        try:
            with engine.begin(SYSTEM) as command:
                d=deployments.deploy(command, library.files(fam), family=fam, shipped=True)
                for w in d.warnings: print(w.severity,w.code,w.element_id,w.params)
        except InvalidDiagram as e:
            for f in e.findings: print('ERR',f)
            raise
