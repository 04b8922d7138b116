// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {Environment, IEnvironmentRegistry, KeyType} from "../interfaces/IEnvironmentRegistry.sol";
import {IInferenceLog} from "../interfaces/IInferenceLog.sol";
import {Commitment, OpenedField} from "../libraries/Commitment.sol";
import {InferenceLeaf} from "../libraries/InferenceLeaf.sol";
import {EnvironmentId, InferenceId, LogId, ModelId} from "../types/Ids.sol";
import {Inference, InferenceLogKey, SessionKey, Settlement} from "../types/Inference.sol";

/// @notice What a payer pays for.
struct Terms {
    /// @dev Who is paid.
    address payable payee;
    /// @dev The model that has to be named.
    ModelId modelId;
    /// @dev The environment whose own key has to have signed.
    EnvironmentId environmentId;
    /// @dev SHA-256 of the request's content.
    bytes32 requestDigest;
    /// @dev Last second for the payment; afterwards the payer may take the funds back.
    uint48 deadline;
}

/// @notice What proves that the terms are met.
struct Delivery {
    InferenceLogKey log;
    Inference inference;
    /// @dev Root of the batch, and the inference's proof in it.
    bytes32 root;
    bytes32[] proof;
    /// @dev The opened fields `request.sha256`, `response.sha256` and `outcome`.
    OpenedField request;
    OpenedField response;
    OpenedField outcome;
    /// @dev The response itself: with the transaction the payer has it.
    bytes content;
}

/// @title InferenceEscrow
/// @notice Example of a contract that acts only on an inference it has checked: funds go to the payee once for an answer to
/// the payer's request, from the model and the environment that the payer chose.
/// @dev What is proven: the key that the environment's registration names signed the batch, in force and while the
/// environment was valid; the batch holds this request and this response. What stays with the payer: to choose an environment
/// whose attestation it has checked, and whose measured code runs that model; the contract cannot know. Anyone may deliver.
contract InferenceEscrow {
    /// @notice Emitted when a payer deposits.
    event Deposited(
        uint256 indexed depositId,
        address indexed payer,
        address indexed payee,
        uint256 amount,
        Terms terms
    );
    /// @notice Emitted when an inference was delivered and the payee was paid.
    event Paid(uint256 indexed depositId, InferenceId indexed inferenceId, bytes32 responseDigest);
    /// @notice Emitted when a payer took its funds back.
    event Refunded(uint256 indexed depositId);

    /// @notice Thrown when the deposit is empty or its deadline has passed.
    error InferenceEscrow_InvalidTerms();
    /// @notice Thrown when there is no such deposit, or it was paid out.
    error InferenceEscrow_NoDeposit(uint256 depositId);
    /// @notice Thrown when the deadline has passed, or, for a refund, has not.
    error InferenceEscrow_WrongTime(uint48 deadline, uint256 blockTime);
    /// @notice Thrown when the caller is not the payer.
    error InferenceEscrow_NotPayer(address caller);
    /// @notice Thrown when the inference has earned a payment before.
    error InferenceEscrow_AlreadyPaid(InferenceId inferenceId);
    /// @notice Thrown when the inference names another inference log, model or environment.
    error InferenceEscrow_OtherSubject();
    /// @notice Thrown when the inference is not in a settled batch of its inference log.
    error InferenceEscrow_NotIncluded();
    /// @notice Thrown when the batch was not signed by the environment's own key, or by one that was reported by then.
    error InferenceEscrow_NotByEnvironment();
    /// @notice Thrown when the times do not fit each other, or the environment was not valid then.
    error InferenceEscrow_TimeRefuted(uint64 servedAt, uint64 settledAt);
    /// @notice Thrown when a field is not in the commitment, or is not what it has to be.
    error InferenceEscrow_WrongField(uint256 index);

    struct Deposit {
        address payer;
        uint48 depositedAt;
        uint256 amount;
        Terms terms;
    }

    /// @notice How far the recorder's clock may be ahead of the chain's, in milliseconds.
    uint256 public constant CLOCK_TOLERANCE = 5 minutes * 1000;

    /// @notice The contracts that are believed.
    IInferenceLog public immutable INFERENCE_LOG;
    IEnvironmentRegistry public immutable ENVIRONMENT_REGISTRY;

    mapping(uint256 depositId => Deposit) private _deposits;
    mapping(InferenceId inferenceId => bool) private _paid;
    uint256 private _count;

    constructor(IInferenceLog inferenceLog, IEnvironmentRegistry environmentRegistry) {
        INFERENCE_LOG = inferenceLog;
        ENVIRONMENT_REGISTRY = environmentRegistry;
    }

    /// @notice Deposits the value sent under terms.
    /// @dev Emits Deposited.
    function deposit(Terms calldata terms) external payable returns (uint256 depositId) {
        if (msg.value == 0 || terms.deadline < block.timestamp) revert InferenceEscrow_InvalidTerms();
        depositId = _count;
        ++_count;
        _deposits[depositId] = Deposit(msg.sender, uint48(block.timestamp), msg.value, terms);
        emit Deposited(depositId, msg.sender, terms.payee, msg.value, terms);
    }

    /// @notice Pays the payee for an inference that meets the terms. Callable by anyone.
    /// @dev Emits Paid. Requires: served after the deposit, settled, and proven as Delivery says.
    function release(uint256 depositId, Delivery calldata delivery) external {
        Deposit memory d = _take(depositId);
        if (block.timestamp > d.terms.deadline) revert InferenceEscrow_WrongTime(d.terms.deadline, block.timestamp);
        InferenceId inferenceId = InferenceLeaf.inferenceIdOf(delivery.inference);
        if (_paid[inferenceId]) revert InferenceEscrow_AlreadyPaid(inferenceId);
        _paid[inferenceId] = true;

        _checkSubject(d.terms, delivery);
        _checkSettlement(d, delivery);
        bytes32 commitment = delivery.inference.commitment;
        _checkField(commitment, Commitment.REQUEST_SHA256, delivery.request, abi.encode(d.terms.requestDigest));
        bytes32 responseDigest = sha256(delivery.content);
        _checkField(commitment, Commitment.RESPONSE_SHA256, delivery.response, abi.encode(responseDigest));
        _checkField(commitment, Commitment.OUTCOME, delivery.outcome, "complete");

        emit Paid(depositId, inferenceId, responseDigest);
        Address.sendValue(d.terms.payee, d.amount);
    }

    /// @notice Gives the caller its deposit back after the deadline.
    /// @dev Emits Refunded.
    function refund(uint256 depositId) external {
        Deposit memory d = _take(depositId);
        if (msg.sender != d.payer) revert InferenceEscrow_NotPayer(msg.sender);
        if (block.timestamp <= d.terms.deadline) revert InferenceEscrow_WrongTime(d.terms.deadline, block.timestamp);
        emit Refunded(depositId);
        Address.sendValue(payable(d.payer), d.amount);
    }

    /// @dev Removes the deposit before anything else happens, so that nothing can be paid twice.
    function _take(uint256 depositId) private returns (Deposit memory d) {
        d = _deposits[depositId];
        if (d.amount == 0) revert InferenceEscrow_NoDeposit(depositId);
        delete _deposits[depositId];
    }

    function _checkSubject(Terms memory terms, Delivery calldata delivery) private view {
        Inference calldata inference = delivery.inference;
        if (
            LogId.unwrap(inference.logId) != LogId.unwrap(INFERENCE_LOG.logIdOf(delivery.log)) ||
            !(inference.modelId == terms.modelId) ||
            !(inference.environmentId == terms.environmentId)
        ) revert InferenceEscrow_OtherSubject();
        if (!INFERENCE_LOG.isIncluded(inference, delivery.root, delivery.proof)) revert InferenceEscrow_NotIncluded();
    }

    /// @dev Naming an environment proves nothing: its own key has to have signed the batch. `servedAt` is what the recorder
    /// declares, so what is believed is the block time of the settlement: then the environment had to be valid, and the key
    /// not reported. A report that comes later than the payment cannot undo it.
    function _checkSettlement(Deposit memory d, Delivery calldata delivery) private view {
        Environment memory environment = ENVIRONMENT_REGISTRY.environmentOf(d.terms.environmentId);
        Settlement memory settlement = INFERENCE_LOG.settlementOf(delivery.inference.logId, delivery.root);
        SessionKey memory key = INFERENCE_LOG.sessionKeyOf(delivery.log.owner, delivery.log.sessionKey);
        bool reported = key.compromiseReportedAt != 0 && settlement.settledAt >= key.compromisedSince;
        if (
            !settlement.signedByKey ||
            reported ||
            environment.keyType != KeyType.Secp256k1 ||
            delivery.log.sessionKey != _accountOf(environment.key)
        ) revert InferenceEscrow_NotByEnvironment();

        uint64 servedAt = delivery.inference.servedAt;
        uint64 settledAt = settlement.settledAt;
        if (
            servedAt < uint256(d.depositedAt) * 1000 ||
            servedAt > uint256(settledAt) * 1000 + CLOCK_TOLERANCE ||
            !ENVIRONMENT_REGISTRY.validAt(d.terms.environmentId, uint48(servedAt / 1000)) ||
            !ENVIRONMENT_REGISTRY.validAt(d.terms.environmentId, uint48(settledAt))
        ) revert InferenceEscrow_TimeRefuted(servedAt, settledAt);
    }

    function _checkField(
        bytes32 commitment,
        uint256 index,
        OpenedField calldata field,
        bytes memory value
    ) private view {
        if (!Commitment.isStandardOpened(commitment, index, field) || keccak256(field.value) != keccak256(value)) {
            revert InferenceEscrow_WrongField(index);
        }
    }

    /// @dev The account of an uncompressed secp256k1 point, 0x04 || x || y.
    function _accountOf(bytes memory key) private pure returns (address) {
        bytes32 hash;
        // The registry accepts such a key with 65 bytes only: the 64 bytes after the first lie at key + 0x21.
        assembly ("memory-safe") {
            hash := keccak256(add(key, 0x21), 64)
        }
        return address(uint160(uint256(hash)));
    }
}
