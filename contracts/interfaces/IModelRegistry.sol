// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ModelId} from "../types/Ids.sol";

/// @notice A published version of a model.
struct Model {
    /// @dev Who published it.
    address publisher;
    /// @dev Block time of the publication, in Unix seconds; zero: not published.
    uint48 publishedAt;
    /// @dev Block time of the retirement; zero: not retired. Final.
    uint48 retiredAt;
    /// @dev SHA-256 of the manifest (RFC 8785 JSON of the files' paths, sizes and SHA-256).
    bytes32 manifestDigest;
    /// @dev Root digest of the OpenSSF model signing of the same files, or zero.
    bytes32 signingRoot;
}

/// @notice What a publisher says of a model.
struct ModelPublication {
    string name;
    string version;
    bytes32 manifestDigest;
    bytes32 signingRoot;
    /// @dev Where the files can be had; a hint that nothing binds.
    string uri;
}

/// @title ModelRegistry
/// @notice Which exact weights a model id means, and who published them. Names belong to their publisher: nobody can squat
/// on another's, and a (publisher, name, version) never points to other content.
/// @dev No owner role, no pause, no upgrade. Signatures are EIP-712 under {name: "Assay", version: "1"}; ECDSA, then ERC-1271.
interface IModelRegistry {
    /// @notice Emitted when a model is published.
    event ModelPublished(
        ModelId indexed modelId,
        address indexed publisher,
        bytes32 indexed manifestDigest,
        string name,
        string version,
        bytes32 signingRoot,
        string uri
    );
    /// @notice Emitted when a publisher retires a model.
    event ModelRetired(ModelId indexed modelId, address indexed publisher, string reason);

    /// @notice Thrown when the name or the version is empty.
    error ModelRegistry_EmptyName();
    /// @notice Thrown when the manifest digest is zero.
    error ModelRegistry_ZeroManifestDigest();
    /// @notice Thrown when the publisher has published other content, or this one already, under that name and version.
    error ModelRegistry_VersionTaken(ModelId modelId);
    /// @notice Thrown when the model was not published by this account.
    error ModelRegistry_NotPublisher(ModelId modelId, address account);
    /// @notice Thrown when the model is retired already.
    error ModelRegistry_AlreadyRetired(ModelId modelId);
    /// @notice Thrown when a signature is not the publisher's.
    error ModelRegistry_InvalidSignature();
    /// @notice Thrown when a signature's deadline has passed.
    error ModelRegistry_DeadlinePassed(uint256 deadline, uint256 blockTime);

    /// @notice Publishes a version of a model of the caller.
    /// @dev Emits ModelPublished. Requires: name, version and manifest digest are given, the version is new.
    function publish(ModelPublication calldata publication) external returns (ModelId modelId);

    /// @notice As publish, in the name of `publisher`, by its signature over
    /// ModelPublication(address publisher,string name,string version,bytes32 manifestDigest,bytes32 signingRoot,string uri,uint256 nonce,uint256 deadline).
    function publishBySig(
        address publisher,
        ModelPublication calldata publication,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external returns (ModelId modelId);

    /// @notice Marks a model of the caller as no longer to be used, once and for good. What it has served stays as it is.
    /// @dev Emits ModelRetired.
    /// @param reason In plain words, for people.
    function retire(ModelId modelId, string calldata reason) external;

    /// @notice As retire, in the name of `publisher`, by its signature over
    /// ModelRetirement(bytes32 modelId,string reason,uint256 nonce,uint256 deadline).
    function retireBySig(
        address publisher,
        ModelId modelId,
        string calldata reason,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @notice The id of a version of a model, published or not.
    function modelIdOf(
        address publisher,
        string calldata name,
        string calldata version,
        bytes32 manifestDigest
    ) external pure returns (ModelId);

    /// @notice A model; `publishedAt` is zero if it was not published.
    function modelOf(ModelId modelId) external view returns (Model memory);

    /// @notice The model that a publisher calls by this name and version; zero if there is none.
    function versionOf(
        address publisher,
        string calldata name,
        string calldata version
    ) external view returns (ModelId);

    /// @notice How many models hold these files: several publishers may publish the same.
    function modelCountOf(bytes32 manifestDigest) external view returns (uint256);

    /// @notice Some of the models that hold these files, in order of publication. Anyone can publish, so the list may be long:
    /// ask for a page of it.
    /// @param offset Position of the first to give.
    /// @param limit Number to give at most.
    function modelsOf(bytes32 manifestDigest, uint256 offset, uint256 limit) external view returns (ModelId[] memory);
}
