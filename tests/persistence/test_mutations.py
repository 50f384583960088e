"""Mutated files: each loads, or raises the one error, and nothing else happens meanwhile."""

import json
import os

N_MUTATIONS = int(os.environ.get("SKDENSE_MUTATIONS", "1000"))


def test_mutated_files_load_or_raise_one_error(files, tmp_path, run_python):
    for number, data in enumerate(files):
        (tmp_path / f"{number}.skdense").write_bytes(data)
    code = f"""
        from tests.persistence.mutations import attack
        attack({str(tmp_path)!r}, {N_MUTATIONS})
        """
    found = json.loads(run_python(code, timeout=300 + N_MUTATIONS // 10).stdout.splitlines()[-1])
    assert not found["events"]
    # Some mutations change a figure and no more; most are found, for many different reasons.
    assert 0.02 * N_MUTATIONS < found["n_loaded"] < 0.5 * N_MUTATIONS
    assert found["n_reasons"] > 25
