"""What the API says and how it is asked: messages, records, verdicts, the Merkle root, errors and the HTTP client.

Light on purpose: executors, verifiers, validators and auditors load it without PostgreSQL and without a simulator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kinitro.exports import lazy_exports

if TYPE_CHECKING:
    from kinitro.client.errors import ApiNotFound as ApiNotFound
    from kinitro.client.errors import ApiRefused as ApiRefused
    from kinitro.client.errors import ApiUnauthorized as ApiUnauthorized
    from kinitro.client.errors import ApiUnavailable as ApiUnavailable
    from kinitro.client.errors import LeaseLost as LeaseLost
    from kinitro.client.http import ApiClient as ApiClient
    from kinitro.client.merkle import compute_merkle_root as compute_merkle_root
    from kinitro.client.merkle import hash_leaf as hash_leaf
    from kinitro.client.messages import ApiHealth as ApiHealth
    from kinitro.client.messages import EnvironmentInfo as EnvironmentInfo
    from kinitro.client.messages import EnvironmentList as EnvironmentList
    from kinitro.client.messages import EnvironmentScore as EnvironmentScore
    from kinitro.client.messages import FetchRequest as FetchRequest
    from kinitro.client.messages import FetchResponse as FetchResponse
    from kinitro.client.messages import HeartbeatResponse as HeartbeatResponse
    from kinitro.client.messages import Message as Message
    from kinitro.client.messages import Miner as Miner
    from kinitro.client.messages import MinerCommitment as MinerCommitment
    from kinitro.client.messages import MinerList as MinerList
    from kinitro.client.messages import MinerProgress as MinerProgress
    from kinitro.client.messages import MinerScore as MinerScore
    from kinitro.client.messages import MinerStatus as MinerStatus
    from kinitro.client.messages import OperatorKey as OperatorKey
    from kinitro.client.messages import Problem as Problem
    from kinitro.client.messages import ReleaseResponse as ReleaseResponse
    from kinitro.client.messages import Scores as Scores
    from kinitro.client.messages import Status as Status
    from kinitro.client.messages import SubmitRequest as SubmitRequest
    from kinitro.client.messages import SubmitResponse as SubmitResponse
    from kinitro.client.messages import SubmitStatus as SubmitStatus
    from kinitro.client.messages import Task as Task
    from kinitro.client.messages import TaskResult as TaskResult
    from kinitro.client.messages import TaskStats as TaskStats
    from kinitro.client.messages import TaskTimings as TaskTimings
    from kinitro.client.messages import Weights as Weights
    from kinitro.client.records import CycleConfig as CycleConfig
    from kinitro.client.records import CycleEnvironment as CycleEnvironment
    from kinitro.client.records import CycleState as CycleState
    from kinitro.client.records import ExecutorRecord as ExecutorRecord
    from kinitro.client.records import FrozenMiner as FrozenMiner
    from kinitro.client.records import Manifest as Manifest
    from kinitro.client.records import ResultPage as ResultPage
    from kinitro.client.records import ResultRow as ResultRow
    from kinitro.client.records import TaskOutcome as TaskOutcome
    from kinitro.client.records import TraceRecord as TraceRecord
    from kinitro.client.records import compute_results_root as compute_results_root
    from kinitro.client.records import digest_opening as digest_opening
    from kinitro.client.records import encode_result as encode_result
    from kinitro.client.timelines import CycleList as CycleList
    from kinitro.client.timelines import CycleProgress as CycleProgress
    from kinitro.client.timelines import CycleSummary as CycleSummary
    from kinitro.client.verdicts import Cause as Cause
    from kinitro.client.verdicts import Evidence as Evidence
    from kinitro.client.verdicts import FirstDifference as FirstDifference
    from kinitro.client.verdicts import MinerVerdicts as MinerVerdicts
    from kinitro.client.verdicts import RecordingRecord as RecordingRecord
    from kinitro.client.verdicts import Verdict as Verdict
    from kinitro.client.verdicts import VerdictCounts as VerdictCounts
    from kinitro.client.verdicts import VerdictPage as VerdictPage
    from kinitro.client.verdicts import VerdictRow as VerdictRow
    from kinitro.client.verdicts import VerificationLease as VerificationLease
    from kinitro.client.verdicts import VerificationReport as VerificationReport
    from kinitro.client.verdicts import VerificationRequest as VerificationRequest
    from kinitro.client.verdicts import VerificationResponse as VerificationResponse
    from kinitro.client.verdicts import VerificationRule as VerificationRule
    from kinitro.client.verdicts import VerificationStatus as VerificationStatus
    from kinitro.client.verdicts import VerificationTask as VerificationTask
    from kinitro.client.verdicts import count_verdicts as count_verdicts
else:
    __getattr__, __all__ = lazy_exports(
        __name__,
        {
            "errors": "ApiNotFound ApiRefused ApiUnauthorized ApiUnavailable LeaseLost",
            "http": "ApiClient",
            "merkle": "hash_leaf compute_merkle_root",
            "messages": (
                "ApiHealth EnvironmentInfo EnvironmentList EnvironmentScore FetchRequest FetchResponse "
                "HeartbeatResponse Message Miner MinerCommitment MinerList MinerProgress MinerScore MinerStatus "
                "OperatorKey Problem ReleaseResponse Scores Status SubmitRequest SubmitResponse SubmitStatus "
                "Task TaskResult TaskStats TaskTimings Weights"
            ),
            "records": (
                "CycleConfig CycleEnvironment CycleState ExecutorRecord FrozenMiner Manifest ResultPage "
                "ResultRow TaskOutcome TraceRecord compute_results_root digest_opening encode_result"
            ),
            "timelines": "CycleList CycleProgress CycleSummary",
            "verdicts": (
                "Cause Evidence FirstDifference MinerVerdicts RecordingRecord Verdict VerdictCounts VerdictPage "
                "VerdictRow VerificationLease VerificationReport VerificationRequest VerificationResponse "
                "VerificationRule VerificationStatus VerificationTask count_verdicts"
            ),
        },
    )
