// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VerdictId} from "../types/Ids.sol";

/// @notice What a verdict speaks of.
enum SubjectKind {
    Model,
    Environment,
    Inference
}

/// @notice A third party's scored statement. The fields follow the validation response of ERC-8004.
struct Verdict {
    SubjectKind subjectKind;
    /// @dev The model id, environment id or inference id.
    bytes32 subject;
    /// @dev 0 to 100: from "checked and refuted" to "checked and confirmed". What lies between is the tag's to define.
    uint8 score;
    /// @dev What was checked, such as "replay" or "measurement-to-model". UTF-8, may be empty.
    string tag;
    /// @dev SHA-256 of the evidence, or zero.
    bytes32 evidenceDigest;
    /// @dev Where the evidence can be had; a hint that no id binds.
    string uri;
}

/// @title VerdictRegistry
/// @notice What third parties say of models, environments and inferences. Anyone may speak, of anything, registered or not;
/// whom to believe is the reader's policy.
/// @dev Events only: nothing but nonces is stored. The last event with a verdict id and its author counts: posted, it stands,
/// withdrawn, it does not. An id binds its author, and the events name who spoke, so readers ignore a withdrawal whose author
/// is not the verdict's. No owner role, no pause, no upgrade. EIP-712 under {name: "Assay", version: "1"}; ECDSA, then ERC-1271.
interface IVerdictRegistry {
    /// @notice Emitted for each verdict that is posted, also for one that was posted before.
    event VerdictPosted(
        VerdictId indexed verdictId,
        address indexed author,
        bytes32 indexed subject,
        SubjectKind subjectKind,
        uint8 score,
        string tag,
        bytes32 evidenceDigest,
        string uri
    );
    /// @notice Emitted for each verdict that an account withdraws. It means something only where the account is its author.
    event VerdictWithdrawn(VerdictId indexed verdictId, address indexed author);

    /// @notice Thrown when there is nothing to post or to withdraw.
    error VerdictRegistry_Empty();
    /// @notice Thrown when the verdict at this position has no subject.
    error VerdictRegistry_ZeroSubject(uint256 position);
    /// @notice Thrown when the score of the verdict at this position is above 100.
    error VerdictRegistry_ScoreOutOfRange(uint256 position, uint8 score);
    /// @notice Thrown when a signature is not the author's.
    error VerdictRegistry_InvalidSignature();
    /// @notice Thrown when a signature's deadline has passed.
    error VerdictRegistry_DeadlinePassed(uint256 deadline, uint256 blockTime);

    /// @notice Posts verdicts of the caller: all of them or none.
    /// @dev Emits VerdictPosted for each. Requires: at least one, each with a subject and a score up to 100.
    /// @return verdictIds Their ids, in the same order.
    function post(Verdict[] calldata verdicts) external returns (VerdictId[] memory verdictIds);

    /// @notice As post, in the name of `author`, by its signature over
    /// VerdictPost(address author,Verdict[] verdicts,uint256 nonce,uint256 deadline)Verdict(uint8 subjectKind,bytes32 subject,uint8 score,string tag,bytes32 evidenceDigest,string uri).
    /// @param nonce The author's next nonce in this contract.
    /// @param deadline Last second in which the signature may be used.
    function postBySig(
        address author,
        Verdict[] calldata verdicts,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external returns (VerdictId[] memory verdictIds);

    /// @notice Withdraws verdicts of the caller: from now on it no longer says so. They remain readable.
    /// @dev Emits VerdictWithdrawn for each. Requires: at least one. Whether the caller posted them is not looked up.
    function withdraw(VerdictId[] calldata verdictIds) external;

    /// @notice As withdraw, in the name of `author`, by its signature over
    /// VerdictWithdrawal(address author,bytes32[] verdictIds,uint256 nonce,uint256 deadline).
    function withdrawBySig(
        address author,
        VerdictId[] calldata verdictIds,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @notice The id of a verdict, posted or not, on this chain and in this registry.
    function verdictIdOf(address author, Verdict calldata verdict) external view returns (VerdictId);
}
